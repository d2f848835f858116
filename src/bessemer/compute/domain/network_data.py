"""`network_data.json`: how the operating system on the node shall set up its NICs.

The format is Nova's (doc/api_schemas/network_data.json). Addresses are given statically, so that
a server comes up without DHCP; `ipv4_dhcp` is used only for a port that has no address.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from bessemer.baremetal.public import BondView
from bessemer.json_types import JsonObject
from bessemer.network.public import FixedIp, NetworkView, PortView, SubnetView


def network_data(
    ports: Sequence[PortView],
    networks: Mapping[str, NetworkView],
    macs: Mapping[str, str] | None = None,
    bonds: Mapping[str, BondView] | None = None,
) -> JsonObject:
    """The document for these ports, in this order.

    `macs`: port id -> MAC of the NIC or bond it is on. `bonds`: port id -> the bond it is on.
    """
    links: list[JsonObject] = []
    members: list[JsonObject] = []
    entries: list[JsonObject] = []
    resolvers: dict[str, None] = {}
    for port in ports:
        network = networks[port.network_id]
        link = _link(port, network, (macs or {}).get(port.id, port.mac_address))
        if bond := (bonds or {}).get(port.id):
            link = {**link, **_bonded(bond)}
            members += [_member(each, mac) for each, mac in bond.members.items()]
        links.append(link)
        for entry in _entries(port, network):
            entries.append({"id": f"network{len(entries)}", "link": link["id"], **entry})
        for subnet in network.subnets:
            resolvers.update(dict.fromkeys(subnet.dns_nameservers))
    services = [{"type": "dns", "address": address} for address in resolvers]
    return {"links": links + members, "networks": entries, "services": services}


def _link(port: PortView, network: NetworkView, mac_address: str) -> JsonObject:
    return {
        "id": f"tap{port.id[:11]}",
        "vif_id": port.id,
        "type": "phy",
        "ethernet_mac_address": mac_address.lower(),
        "mtu": network.mtu,
    }


def _bonded(bond: BondView) -> JsonObject:
    """What makes a link a bond; cloud-init takes options that begin with `bond`."""
    options = {
        key if key.startswith("bond") else f"bond_{key}": value
        for key, value in bond.properties.items()
    }
    return {**options, "type": "bond", "bond_mode": bond.mode, "bond_links": list(bond.members)}


def _member(port_uuid: str, mac_address: str) -> JsonObject:
    return {"id": port_uuid, "type": "phy", "ethernet_mac_address": mac_address.lower()}


def _entries(port: PortView, network: NetworkView) -> list[JsonObject]:
    subnets = {subnet.id: subnet for subnet in network.subnets}
    static = [
        _static(fixed, subnets[fixed.subnet_id], network.id)
        for fixed in port.fixed_ips
        if fixed.subnet_id in subnets
    ]
    return static or [_dynamic(s, network.id) for s in network.subnets if s.enable_dhcp]


def _static(fixed: FixedIp, subnet: SubnetView, network_id: str) -> JsonObject:
    cidr = ip_network(subnet.cidr, strict=False)
    entry: dict[str, Any] = {
        "type": f"ipv{cidr.version}",
        "ip_address": fixed.ip_address,
        "netmask": str(cidr.netmask),
        "network_id": network_id,
        "routes": [],
        "services": [{"type": "dns", "address": a} for a in subnet.dns_nameservers],
    }
    if subnet.gateway_ip:
        anywhere = "::" if ip_address(subnet.gateway_ip).version == 6 else "0.0.0.0"
        entry["routes"] = [{"network": anywhere, "netmask": anywhere, "gateway": subnet.gateway_ip}]
    return entry


def _dynamic(subnet: SubnetView, network_id: str) -> JsonObject:
    version = ip_network(subnet.cidr, strict=False).version
    return {"type": f"ipv{version}_dhcp", "network_id": network_id}
