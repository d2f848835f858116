"""Rack files: what they mean, and what is said about those that mean nothing."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from tests.unit.lab.racks import Document, a_machine, a_rack, a_vlan

from bessemer_lab.errors import RackFileError
from bessemer_lab.rack import PARKED_VLAN, Bus, Firmware, NicModel, VlanRole
from bessemer_lab.rack_file import parse_rack, read_rack

SHIPPED = Path(__file__).parents[3] / "lab" / "rack.yaml"


def test_the_shipped_rack_is_as_promised() -> None:
    rack = read_rack(SHIPPED)
    assert [vlan.role for vlan in rack.vlans[:3]] == [
        VlanRole.PROVISIONING,
        VlanRole.CLEANING,
        VlanRole.INSPECTION,
    ]
    assert [vlan.id for vlan in rack.vlans] == [100, 101, 102, 200, 201]
    assert {machine.firmware for machine in rack.machines} == set(Firmware)
    assert [len(machine.nics) for machine in rack.machines] == [2, 2]
    assert rack.namespace == "bessemer-demo"


def test_what_is_left_out_has_a_sensible_value() -> None:
    machine = parse_rack(a_rack(machines=[a_machine(disks=[{"size_gib": 1}])])).machines[0]
    assert machine.disks[0].bus is Bus.VIRTIO
    assert machine.disks[0].serial == "node-1-d0"
    assert machine.nics[0].model is NicModel.VIRTIO
    assert machine.nics[0].vlan == PARKED_VLAN


def test_the_conductor_host_has_the_first_address_out_of_band() -> None:
    assert parse_rack(a_rack()).oob_host_address == IPv4Address("192.168.100.1")


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(parse_rack(a_rack()))


def with_machine(**changes: object) -> Document:
    return a_rack(machines=[a_machine(1, **changes)])


def with_nic(**changes: object) -> Document:
    nic = {"mac": "52:54:00:00:00:01", "switch": "tor1", "port": "swp1", **changes}
    return with_machine(nics=[nic])


def with_bmc(**changes: object) -> Document:
    return with_machine(bmc={**a_machine()["bmc"], **changes})


def with_vlan(**changes: object) -> Document:
    return a_rack(vlans=[a_vlan(100, **changes)])


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (None, "the file: must be a mapping with name, switches, vlans, oob, machines"),
        ({}, "oob: must be a mapping with cidr"),
        (a_rack(nmae="x"), "nmae: unknown field; did you mean 'name'?"),
        (a_rack(zzz=1), "zzz: unknown field; allowed: name, switches"),
        (a_rack(name="Demo"), "name: 'Demo' is not allowed; must be 1 to 24 lower-case letters"),
        (a_rack(machines=[]), "machines: [] is not allowed; must be a list of 1 to 1000 items"),
        (a_rack(machines="two"), "machines: 'two' is not allowed; must be a list"),
        (a_rack(machines=["x"]), "machines[0]: must be a mapping with name, cpus"),
        (with_machine(cpus=0), "machines[0].cpus: 0 is not allowed; must be a whole number from 1"),
        (with_machine(cpus=True), "machines[0].cpus: True is not allowed"),
        (with_machine(cpus="2"), "machines[0].cpus: '2' is not allowed"),
        (with_machine(memory_mib=64), "machines[0].memory_mib: 64 is not allowed"),
        (
            with_machine(firmware="efi"),
            "machines[0].firmware: 'efi' is not allowed; must be one of: bios, uefi",
        ),
        (
            with_machine(disks=[{"size_gib": 1, "bus": "ide"}]),
            "machines[0].disks[0].bus: 'ide' is not allowed; must be one of: virtio, sata, nvme",
        ),
        (
            with_machine(disks=[{}]),
            "machines[0].disks[0].size_gib: missing; must be a whole number",
        ),
        (with_machine(disks=[{"size_gib": 1}] * 7), "must be a list of 1 to 6 items"),
        # YAML 1.1 reads an unquoted MAC address of small digits as a number to the base of sixty.
        (with_nic(mac=41_135_040_061), "nics[0].mac: 41135040061 is not allowed; must be a quoted"),
        (with_nic(mac="53:54:00:00:00:01"), "must be a unicast MAC address"),
        (with_nic(mac="52:54:00:BE:55:00"), "nics[0].mac: '52:54:00:BE:55:00' is not allowed"),
        (with_nic(port="a-port-of-16-chr"), "nics[0].port: 'a-port-of-16-chr' is not allowed"),
        (with_nic(port="tor-100"), "nics[0].port: 'tor-100' is not allowed"),
        (with_nic(port="eth1/1"), "nics[0].port: 'eth1/1' is not allowed"),
        (with_nic(model="rtl8139"), "must be one of: virtio, e1000"),
        (with_nic(switch="tor2"), "nics[0].switch: 'tor2' is not a switch; there is: tor1"),
        (with_nic(vlan=300), "nics[0].vlan: 300 is not a VLAN; there is: 4094, 100, 200"),
        (with_bmc(kind="ilo"), "machines[0].bmc.kind: 'ilo' is not allowed; must be one of: ipmi"),
        (with_bmc(address="10.0.0.1"), "must be a host address in 192.168.100.0/24"),
        (with_bmc(address="192.168.100.255"), "must be a host address in 192.168.100.0/24"),
        (with_bmc(address="192.168.100.1"), "machines[0].bmc.address: '192.168.100.1' is already"),
        (with_bmc(password="x" * 21), "must be 1 to 20 printable characters"),
        (with_vlan(id=4094), "vlans[0].id: 4094 is not allowed; must be a whole number from 1"),
        (with_vlan(role="storage"), "must be one of: provisioning, cleaning, inspection, tenant"),
        (with_vlan(cidr="172.20.100.1/24"), "vlans[0].cidr: '172.20.100.1/24' is not allowed"),
        (with_vlan(cidr="8.8.8.0/24"), "must be a private network"),
        (with_vlan(gateway="172.20.100.60"), "must lie outside the DHCP range 172.20.100.50"),
        (
            with_vlan(dhcp={"start": "172.20.100.9", "end": "172.20.100.8"}),
            "vlans[0].dhcp.end: '172.20.100.8' is not allowed; must not be before the start",
        ),
        (
            a_rack(machines=[a_machine(1), a_machine(2, name="node-1")]),
            "machines[1].name: 'node-1' is already used by machines[0].name",
        ),
        (
            a_rack(machines=[a_machine(1), a_machine(2, nics=a_machine(1)["nics"])]),
            "machines[1].nics[0].mac: '52:54:00:00:00:01' is already used by machines[0].nics[0]",
        ),
        (
            a_rack(vlans=[a_vlan(100), {**a_vlan(100), "id": 101, "name": "other"}]),
            "vlans[1].cidr: 172.20.100.0/24 overlaps vlans[0].cidr, 172.20.100.0/24",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(document: object, complaint: str) -> None:
    with pytest.raises(RackFileError) as refused:
        parse_rack(document)
    assert complaint in str(refused.value)


def test_a_complaint_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rack.yaml"
    path.write_text("name: [")
    with pytest.raises(RackFileError, match=rf"^{path}: is not YAML: "):
        read_rack(path)
    with pytest.raises(RackFileError, match=r"cannot be read: No such file"):
        read_rack(tmp_path / "missing.yaml")
    path.write_text("name: demo")
    with pytest.raises(RackFileError, match=rf"^{path}: oob: must be a mapping"):
        read_rack(path)
