"""What a cloud must be told about a rack: the bodies of the API calls, as plain data."""

from dataclasses import dataclass
from typing import Any, Final

from bessemer_lab.rack import MachineSpec, Nic, Rack, Vlan

Body = dict[str, Any]

PHYSICAL_NETWORK: Final = "physnet1"
RESOURCE_CLASS: Final = "lab"
FLAVOR_NAME: Final = "lab"
NO_SHARE: Final = ("VCPU", "MEMORY_MB", "DISK_GB")
"""A bare metal flavor asks for a whole node by its class, hence for nothing of these."""


@dataclass(frozen=True, slots=True)
class NetworkBodies:
    """For `POST /network/v2.0/networks`, and `…/subnets` once `network_id` is known."""

    network: Body
    subnet: Body


@dataclass(frozen=True, slots=True)
class NodeBodies:
    """For `POST /v1/nodes`, and `POST /v1/ports` once `node_uuid` is known."""

    node: Body
    ports: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """All of it; `flavor` holds its `extra_specs`, which compute takes by a call of their own."""

    networks: tuple[NetworkBodies, ...]
    flavor: Body
    nodes: tuple[NodeBodies, ...]


def enrolment_of(rack: Rack, *, every_nic: bool = False, cabling: bool = True) -> Enrolment:
    """The bodies for the whole rack.

    As a rule only each machine's first NIC is told, with its cabling: enough to boot the ramdisk,
    which then finds the others. `every_nic` tells all; without `cabling` none says where it leads.
    """
    return Enrolment(
        networks=tuple(_network(vlan) for vlan in rack.vlans),
        flavor=_flavor(rack),
        nodes=tuple(_node(rack, machine, every_nic, cabling) for machine in rack.machines),
    )


def _network(vlan: Vlan) -> NetworkBodies:
    network: Body = {
        "name": vlan.name,
        "provider:network_type": "vlan",
        "provider:physical_network": PHYSICAL_NETWORK,
        "provider:segmentation_id": vlan.id,
    }
    subnet: Body = {
        "name": vlan.name,
        "ip_version": 4,
        "cidr": str(vlan.cidr),
        "gateway_ip": str(vlan.gateway),
        "enable_dhcp": True,
        "allocation_pools": [{"start": str(vlan.dhcp.start), "end": str(vlan.dhcp.end)}],
    }
    return NetworkBodies(network, subnet)


def _flavor(rack: Rack) -> Body:
    # The smallest machine, so that each of them will do.
    return {
        "name": FLAVOR_NAME,
        "vcpus": min(machine.cpus for machine in rack.machines),
        "ram": min(machine.memory_mib for machine in rack.machines),
        "disk": min(machine.disks[0].size_gib for machine in rack.machines),
        "extra_specs": {
            f"resources:CUSTOM_{RESOURCE_CLASS.upper()}": "1",
            **{f"resources:{kind}": "0" for kind in NO_SHARE},
        },
    }


def _node(rack: Rack, machine: MachineSpec, every_nic: bool, cabling: bool) -> NodeBodies:
    node: Body = {
        "name": machine.name,
        "driver": "ipmi",
        "driver_info": {
            "ipmi_address": str(machine.bmc.address),
            "ipmi_username": machine.bmc.username,
            "ipmi_password": machine.bmc.password,
        },
        "resource_class": RESOURCE_CLASS,
        "properties": {"capabilities": f"boot_mode:{machine.firmware}"},
    }
    nics = machine.nics if every_nic else machine.nics[:1]
    ports = tuple(
        _port(rack, nic, boots=index == 0, cabling=cabling) for index, nic in enumerate(nics)
    )
    return NodeBodies(node, ports)


def _port(rack: Rack, nic: Nic, *, boots: bool, cabling: bool) -> Body:
    port: Body = {
        "address": nic.mac,
        "pxe_enabled": boots,
        "physical_network": PHYSICAL_NETWORK,
    }
    if cabling:
        port["local_link_connection"] = {
            "switch_id": rack.switch_mac(nic.switch),
            "port_id": nic.port,
            "switch_info": nic.switch,
        }
    return port
