"""What the cloud is told about a rack."""

from tests.unit.lab.racks import a_machine, a_rack

from bessemer_lab.enrolment import enrolment_of
from bessemer_lab.rack_file import parse_rack

NICS = [
    {"mac": "52:54:00:00:00:01", "switch": "tor1", "port": "swp1"},
    {"mac": "52:54:00:00:00:02", "switch": "tor1", "port": "swp2"},
]
RACK = parse_rack(a_rack(machines=[a_machine(1, nics=NICS, firmware="uefi")]))


def test_each_vlan_is_a_network_with_its_subnet() -> None:
    bodies = enrolment_of(RACK).networks[0]
    assert bodies.network == {
        "name": "vlan-100",
        "provider:network_type": "vlan",
        "provider:physical_network": "physnet1",
        "provider:segmentation_id": 100,
    }
    assert bodies.subnet["cidr"] == "172.20.100.0/24"
    assert bodies.subnet["gateway_ip"] == "172.20.100.1"
    assert bodies.subnet["allocation_pools"] == [{"start": "172.20.100.50", "end": "172.20.100.99"}]


def test_each_machine_is_a_node_with_its_bmc() -> None:
    node = enrolment_of(RACK).nodes[0].node
    assert node["driver"] == "ipmi"
    assert node["driver_info"] == {
        "ipmi_address": "192.168.100.11",
        "ipmi_username": "admin",
        "ipmi_password": "secret",
    }
    assert node["properties"] == {"capabilities": "boot_mode:uefi"}


def test_the_first_nic_is_told_with_its_cable() -> None:
    assert enrolment_of(RACK).nodes[0].ports == (
        {
            "address": "52:54:00:00:00:01",
            "pxe_enabled": True,
            "physical_network": "physnet1",
            "local_link_connection": {
                "switch_id": "52:54:00:be:55:00",
                "port_id": "swp1",
                "switch_info": "tor1",
            },
        },
    )


def test_all_nics_can_be_told_without_cables() -> None:
    ports = enrolment_of(RACK, every_nic=True, cabling=False).nodes[0].ports
    assert [port["address"] for port in ports] == ["52:54:00:00:00:01", "52:54:00:00:00:02"]
    assert [port["pxe_enabled"] for port in ports] == [True, False]
    assert all("local_link_connection" not in port for port in ports)


def test_the_flavor_fits_every_machine_and_asks_for_the_nodes_class() -> None:
    machines = [a_machine(1, cpus=4), a_machine(2, memory_mib=512)]
    flavor = enrolment_of(parse_rack(a_rack(machines=machines))).flavor
    assert (flavor["vcpus"], flavor["ram"], flavor["disk"]) == (2, 512, 4)
    assert flavor["extra_specs"]["resources:CUSTOM_LAB"] == "1"
    assert flavor["extra_specs"]["resources:VCPU"] == "0"
