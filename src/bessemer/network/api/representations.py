"""Networks, subnets and ports as Neutron's JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bessemer.context import RequestContext
from bessemer.json_types import JsonObject
from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port
from bessemer.network.domain.subnet import Subnet


def network_json(
    network: Network, subnet_ids: Sequence[str], context: RequestContext
) -> JsonObject:
    """`provider:*` is for administrators only, as upstream's policy has it."""
    shown = {
        "id": network.id,
        "name": network.name,
        "tenant_id": network.project_id,
        "project_id": network.project_id,
        "description": network.description,
        "admin_state_up": network.admin_state_up,
        "status": "ACTIVE",
        "shared": network.shared,
        "router:external": network.external,
        "mtu": network.mtu,
        "subnets": list(subnet_ids),
        "availability_zone_hints": [],
        "availability_zones": [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "port_security_enabled": False,
        "tags": [],
        "created_at": _moment(network.created_at),
        "updated_at": _moment(network.updated_at),
        "revision_number": network.revision,
    }
    if not context.is_admin:
        return shown
    return {
        **shown,
        "provider:network_type": network.segment.network_type.value,
        "provider:physical_network": network.segment.physical_network,
        "provider:segmentation_id": network.segment.segmentation_id,
    }


def subnet_json(subnet: Subnet) -> JsonObject:
    """`service_address` is an attribute of ours: the cloud's own address in the subnet."""
    gateway, service = subnet.gateway_ip, subnet.service_address
    return {
        "id": subnet.id,
        "name": subnet.name,
        "tenant_id": subnet.project_id,
        "project_id": subnet.project_id,
        "description": subnet.description,
        "network_id": subnet.network_id,
        "ip_version": 4,
        "cidr": str(subnet.cidr),
        "gateway_ip": str(gateway) if gateway is not None else None,
        "service_address": str(service) if service is not None else None,
        "enable_dhcp": subnet.enable_dhcp,
        "allocation_pools": [
            {"start": str(pool.start), "end": str(pool.end)} for pool in subnet.pools
        ],
        "dns_nameservers": list(subnet.dns_nameservers),
        "host_routes": [
            {"destination": route.destination, "nexthop": route.nexthop}
            for route in subnet.host_routes
        ],
        "ipv6_address_mode": None,
        "ipv6_ra_mode": None,
        "subnetpool_id": None,
        "segment_id": None,
        "service_types": [],
        "tags": [],
        "created_at": _moment(subnet.created_at),
        "updated_at": _moment(subnet.updated_at),
        "revision_number": subnet.revision,
    }


def port_json(port: Port, context: RequestContext, dhcp_detail: str = "") -> JsonObject:
    """`status_detail` is an attribute of ours: why the port is in ERROR or still in BUILD."""
    shown = {
        "id": port.id,
        "name": port.name,
        "tenant_id": port.project_id,
        "project_id": port.project_id,
        "description": port.description,
        "network_id": port.network_id,
        "mac_address": port.mac_address,
        "admin_state_up": port.admin_state_up,
        "status": port.status.value,
        "status_detail": " ".join(filter(None, (port.detail, dhcp_detail))),
        "device_id": port.device_id,
        "device_owner": port.device_owner,
        "fixed_ips": [
            {"subnet_id": ip.subnet_id, "ip_address": ip.ip_address} for ip in port.fixed_ips
        ],
        "extra_dhcp_opts": [
            {"opt_name": o.name, "opt_value": o.value, "ip_version": o.ip_version}
            for o in port.dhcp_options
        ],
        "binding:vnic_type": port.vnic_type,
        "security_groups": [],
        "allowed_address_pairs": [],
        "port_security_enabled": False,
        "tags": [],
        "created_at": _moment(port.created_at),
        "updated_at": _moment(port.updated_at),
        "revision_number": port.revision,
    }
    if not context.is_admin and not context.is_service:
        return shown
    return {
        **shown,
        "binding:host_id": port.host_id,
        "binding:profile": port.profile,
        "binding:vif_type": port.vif_type,
        "binding:vif_details": {},
    }


def _moment(moment: datetime) -> str:
    """Neutron's spelling: seconds, and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
