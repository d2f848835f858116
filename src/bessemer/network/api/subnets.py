"""`/v2.0/subnets`."""

from collections.abc import Mapping
from typing import Any, Final

from bessemer.network.api.attributes import (
    Attribute,
    address,
    boolean,
    list_of,
    nothing,
    one_of,
    optional,
    project_of,
    read_attributes,
    read_body,
    record,
    text,
)
from bessemer.network.api.lists import Columns, chosen, conditions, page
from bessemer.network.api.representations import subnet_json
from bessemer.network.domain.addresses import Pool, parse_cidr
from bessemer.network.domain.errors import InvalidInput
from bessemer.network.domain.subnet import HostRoute
from bessemer.network.operations.means import Means
from bessemer.network.operations.subnets import (
    NewSubnet,
    create_subnet,
    delete_subnet,
    find_subnet,
    update_subnet,
)
from bessemer.network.operations.visibility import visible_subnets
from bessemer.network.store import subnets as store
from bessemer.network.store.tables import subnets
from bessemer.web.routes import Call, Reply


def _pool(value: Any) -> Pool:
    given = record(value)
    return Pool(address(given.get("start")), address(given.get("end")))


def _route(value: Any) -> HostRoute:
    given = record(value)
    destination = parse_cidr(text(given.get("destination")))
    return HostRoute(str(destination), str(address(given.get("nexthop"))))


def _name_server(value: Any) -> str:
    return str(address(value))


def _version(value: Any) -> None:
    one_of(("4",))(str(value))


_CHANGEABLE: Final[Mapping[str, Attribute]] = {
    "name": Attribute(text, "name"),
    "description": Attribute(text, "description"),
    "gateway_ip": Attribute(optional(address), "gateway_ip"),
    "enable_dhcp": Attribute(boolean, "enable_dhcp"),
    "allocation_pools": Attribute(list_of(_pool), "pools"),
    "dns_nameservers": Attribute(list_of(_name_server), "dns_nameservers"),
    "host_routes": Attribute(list_of(_route), "host_routes"),
    "service_types": Attribute(nothing, None),
    "segment_id": Attribute(nothing, None),
    "dns_publish_fixed_ip": Attribute(nothing, None),
}

_NEW: Final[Mapping[str, Attribute]] = {
    **_CHANGEABLE,
    "network_id": Attribute(text, "network_id"),
    "cidr": Attribute(lambda value: parse_cidr(text(value)), "cidr"),
    "ip_version": Attribute(_version, None),
    "project_id": Attribute(optional(text), "project_id"),
    "tenant_id": Attribute(optional(text), "project_id"),
    "ipv6_address_mode": Attribute(nothing, None),
    "ipv6_ra_mode": Attribute(nothing, None),
    "subnetpool_id": Attribute(nothing, None),
    "use_default_subnetpool": Attribute(nothing, None),
    "prefixlen": Attribute(nothing, None),
}

_COLUMNS: Final[Columns] = {
    "id": subnets.c.id,
    "name": subnets.c.name,
    "network_id": subnets.c.network_id,
    "project_id": subnets.c.project_id,
    "tenant_id": subnets.c.project_id,
    "cidr": subnets.c.cidr,
    "gateway_ip": subnets.c.gateway_ip,
}


class SubnetHandlers:
    """One method per route."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def list(self, call: Call) -> Reply:
        """GET /subnets."""
        where = [*visible_subnets(call.context), *conditions(call.query, _COLUMNS)]
        async with self._means.database.read() as connection:
            found = await store.select(connection, where)
        return page(call, "subnets", map(subnet_json, found), _COLUMNS)

    async def show(self, call: Call) -> Reply:
        """GET /subnets/{id}."""
        async with self._means.database.read() as connection:
            subnet = await find_subnet(connection, call.context, call.path["id"])
        return Reply({"subnet": chosen(call, subnet_json(subnet))})

    async def create(self, call: Call) -> Reply:
        """POST /subnets."""
        values = read_attributes(read_body(call.body, "subnet"), _NEW, call.context)
        for name in ("network_id", "cidr"):
            if name not in values:
                raise InvalidInput(f"A subnet needs {name}.")
        project_id = project_of(values, call.context)
        gateway_was_named = "gateway_ip" in values
        gateway = values.pop("gateway_ip", None)
        wish = NewSubnet(
            project_id=project_id, gateway=gateway, gateway_was_named=gateway_was_named, **values
        )
        subnet = await create_subnet(self._means, call.context, wish)
        return Reply({"subnet": subnet_json(subnet)})

    async def update(self, call: Call) -> Reply:
        """PUT /subnets/{id}."""
        changes = read_attributes(read_body(call.body, "subnet"), _CHANGEABLE, call.context)
        subnet = await update_subnet(self._means, call.context, call.path["id"], changes)
        return Reply({"subnet": subnet_json(subnet)})

    async def delete(self, call: Call) -> Reply:
        """DELETE /subnets/{id}."""
        await delete_subnet(self._means, call.context, call.path["id"])
        return Reply()
