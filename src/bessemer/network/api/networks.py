"""`/v2.0/networks`."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.context import RequestContext
from bessemer.errors import Forbidden
from bessemer.json_types import JsonObject
from bessemer.network.api.attributes import (
    Attribute,
    boolean,
    integer,
    nothing,
    one_of,
    optional,
    project_of,
    read_attributes,
    read_body,
    text,
)
from bessemer.network.api.lists import Columns, chosen, conditions, page
from bessemer.network.api.representations import network_json
from bessemer.network.domain.network import Network
from bessemer.network.domain.segment import FIRST_VLAN, LAST_VLAN, NetworkType
from bessemer.network.operations.means import Means
from bessemer.network.operations.networks import (
    NewNetwork,
    create_network,
    delete_network,
    find_network,
    update_network,
)
from bessemer.network.operations.visibility import visible_networks
from bessemer.network.store import networks as store
from bessemer.network.store.tables import networks, subnets
from bessemer.web.routes import Call, Reply


def _network_type(value: Any) -> NetworkType:
    return NetworkType(one_of([kind.value for kind in NetworkType])(value))


_CHANGEABLE: Final[Mapping[str, Attribute]] = {
    "name": Attribute(text, "name"),
    "description": Attribute(text, "description"),
    "admin_state_up": Attribute(boolean, "admin_state_up"),
    "mtu": Attribute(integer(576, 65535), "mtu"),
    "shared": Attribute(boolean, "shared", admin_only=True),
    "router:external": Attribute(boolean, "external", admin_only=True),
    "port_security_enabled": Attribute(boolean, None),
    "is_default": Attribute(nothing, None),
    "dns_domain": Attribute(nothing, None),
    "qos_policy_id": Attribute(nothing, None),
}

_NEW: Final[Mapping[str, Attribute]] = {
    **_CHANGEABLE,
    "project_id": Attribute(optional(text), "project_id"),
    "tenant_id": Attribute(optional(text), "project_id"),
    "provider:network_type": Attribute(optional(_network_type), "network_type", admin_only=True),
    "provider:physical_network": Attribute(optional(text), "physical_network", admin_only=True),
    "provider:segmentation_id": Attribute(
        optional(integer(FIRST_VLAN, LAST_VLAN)), "segmentation_id", admin_only=True
    ),
    "availability_zone_hints": Attribute(nothing, None),
    "vlan_transparent": Attribute(nothing, None),
    "segments": Attribute(nothing, None),
}

_COLUMNS: Final[Columns] = {
    "id": networks.c.id,
    "name": networks.c.name,
    "project_id": networks.c.project_id,
    "tenant_id": networks.c.project_id,
    "provider:physical_network": networks.c.physical_network,
    "provider:network_type": networks.c.network_type,
}


class NetworkHandlers:
    """One method per route."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def list(self, call: Call) -> Reply:
        """GET /networks."""
        where = [*visible_networks(call.context), *conditions(call.query, _COLUMNS)]
        async with self._means.database.read() as connection:
            found = await store.select(connection, where)
            inside = await _subnet_ids(connection)
        items = [network_json(n, inside[n.id], call.context) for n in found]
        return page(call, "networks", items, _COLUMNS)

    async def show(self, call: Call) -> Reply:
        """GET /networks/{id}."""
        async with self._means.database.read() as connection:
            network = await find_network(connection, call.context, call.path["id"])
            shown = await _shown(connection, network, call.context)
        return Reply({"network": chosen(call, shown)})

    async def create(self, call: Call) -> Reply:
        """POST /networks."""
        values = read_attributes(read_body(call.body, "network"), _NEW, call.context)
        self._check_name(values, call.context)
        project_id = project_of(values, call.context)
        network = await create_network(self._means, NewNetwork(project_id=project_id, **values))
        return Reply({"network": network_json(network, (), call.context)})

    async def update(self, call: Call) -> Reply:
        """PUT /networks/{id}."""
        changes = read_attributes(read_body(call.body, "network"), _CHANGEABLE, call.context)
        self._check_name(changes, call.context)
        network = await update_network(self._means, call.context, call.path["id"], changes)
        async with self._means.database.read() as connection:
            return Reply({"network": await _shown(connection, network, call.context)})

    async def delete(self, call: Call) -> Reply:
        """DELETE /networks/{id}."""
        await delete_network(self._means, call.context, call.path["id"])
        return Reply()

    def _check_name(self, values: Mapping[str, Any], context: RequestContext) -> None:
        """Machines are deployed on the networks of these names: not on a tenant's."""
        name = values.get("name", "")
        if self._means.is_infrastructure(name) and not context.is_admin:
            raise Forbidden(
                f"Only an administrator may call a network {name}: the cloud's own networks have "
                "such names (setting network.infrastructure). Choose another name."
            )


async def _shown(
    connection: AsyncConnection, network: Network, context: RequestContext
) -> JsonObject:
    inside = await _subnet_ids(connection, network.id)
    return network_json(network, inside[network.id], context)


async def _subnet_ids(
    connection: AsyncConnection, network_id: str | None = None
) -> Mapping[str, list[str]]:
    statement = sa.select(subnets.c.network_id, subnets.c.id).order_by(subnets.c.created_at)
    if network_id is not None:
        statement = statement.where(subnets.c.network_id == network_id)
    inside: dict[str, list[str]] = defaultdict(list)
    for row in await connection.execute(statement):
        inside[row.network_id].append(row.id)
    return inside
