"""From stored nouns to the values that other rooms see."""

from collections.abc import Sequence

from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port
from bessemer.network.domain.subnet import Subnet
from bessemer.network.public import NetworkView, PortView, SubnetView


def network_view(network: Network, subnets: Sequence[Subnet], *, serves_boot: bool) -> NetworkView:
    """A network with its subnets."""
    return NetworkView(
        id=network.id,
        name=network.name,
        vlan=network.segment.segmentation_id,
        mtu=network.mtu,
        subnets=tuple(subnet_view(subnet) for subnet in subnets),
        physical_networks=frozenset({network.segment.physical_network}),
        serves_boot=serves_boot,
    )


def subnet_view(subnet: Subnet) -> SubnetView:
    """A subnet; addresses as text."""
    return SubnetView(
        id=subnet.id,
        cidr=str(subnet.cidr),
        gateway_ip=str(subnet.gateway_ip) if subnet.gateway_ip is not None else None,
        enable_dhcp=subnet.enable_dhcp,
        dns_nameservers=subnet.dns_nameservers,
        service_address=str(subnet.service_address) if subnet.service_address else None,
    )


def port_view(port: Port, dhcp_detail: str = "") -> PortView:
    """A port, with what is wrong with its network's DHCP added to its own detail."""
    return PortView(
        id=port.id,
        network_id=port.network_id,
        mac_address=port.mac_address,
        status=port.status,
        fixed_ips=port.fixed_ips,
        device_id=port.device_id,
        links=port.links,
        detail=" ".join(filter(None, (port.detail, dhcp_detail))),
    )
