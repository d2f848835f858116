"""`/v2.0/ports`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.json_types import JsonObject
from bessemer.network.api.attributes import (
    Attribute,
    address,
    boolean,
    integer,
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
from bessemer.network.api.representations import port_json
from bessemer.network.domain.addresses import parse_mac
from bessemer.network.domain.dhcp_options import checked_option
from bessemer.network.domain.errors import InvalidInput
from bessemer.network.domain.port import Port, links_of, profile_with
from bessemer.network.operations.bindings import Plug
from bessemer.network.operations.means import Means
from bessemer.network.operations.ports import (
    AddressWish,
    NewPort,
    create_port,
    delete_port,
    find_port,
    update_port,
)
from bessemer.network.operations.visibility import visible_ports
from bessemer.network.public import DhcpOption
from bessemer.network.store import ports as store
from bessemer.network.store.tables import dhcp, ports
from bessemer.web.routes import Call, Reply

_VNIC_TYPES: Final = ("normal", "baremetal", "smart-nic", "direct", "direct-physical", "macvtap")


def _profile(value: Any) -> JsonObject:
    """Links are checked and spelled our way, so that equal cables compare equal."""
    profile = record(value)
    return profile_with(profile, links_of(profile))


def _address_wish(value: Any) -> AddressWish:
    given = record(value)
    ip_address = optional(address)(given.get("ip_address"))
    subnet_id = optional(text)(given.get("subnet_id"))
    return AddressWish(subnet_id, None if ip_address is None else str(ip_address))


def _dhcp_option(value: Any) -> tuple[str, DhcpOption | None]:
    """Name and option; no option: the caller wants it gone."""
    given = record(value)
    name = text(given.get("opt_name"))
    option_value = given.get("opt_value")
    version = integer(4, 6)(given.get("ip_version") or 4)
    if option_value is None:
        return name, None
    return name, checked_option(DhcpOption(name, str(option_value), version))


_CHANGEABLE: Final[Mapping[str, Attribute]] = {
    "name": Attribute(text, "name"),
    "description": Attribute(text, "description"),
    "admin_state_up": Attribute(boolean, "admin_state_up"),
    "device_id": Attribute(text, "device_id"),
    "device_owner": Attribute(text, "device_owner"),
    "mac_address": Attribute(optional(lambda value: parse_mac(text(value))), "mac_address"),
    "fixed_ips": Attribute(list_of(_address_wish), "fixed_ips"),
    "extra_dhcp_opts": Attribute(list_of(_dhcp_option), "dhcp_options"),
    "binding:vnic_type": Attribute(one_of(_VNIC_TYPES), "vnic_type"),
    "binding:host_id": Attribute(
        lambda value: text("" if value is None else value), "host_id", admin_only=True
    ),
    "binding:profile": Attribute(_profile, "profile", admin_only=True),
    "port_security_enabled": Attribute(boolean, None),
    "security_groups": Attribute(nothing, None),
    "allowed_address_pairs": Attribute(nothing, None),
    "qos_policy_id": Attribute(nothing, None),
    "dns_name": Attribute(nothing, None),
    "dns_domain": Attribute(nothing, None),
}

_NEW: Final[Mapping[str, Attribute]] = {
    **_CHANGEABLE,
    "network_id": Attribute(text, "network_id"),
    "project_id": Attribute(optional(text), "project_id"),
    "tenant_id": Attribute(optional(text), "project_id"),
}

_COLUMNS: Final[Columns] = {
    "id": ports.c.id,
    "name": ports.c.name,
    "network_id": ports.c.network_id,
    "device_id": ports.c.device_id,
    "device_owner": ports.c.device_owner,
    "mac_address": ports.c.mac_address,
    "status": ports.c.status,
    "project_id": ports.c.project_id,
    "tenant_id": ports.c.project_id,
    "binding:host_id": ports.c.host_id,
}


class PortHandlers:
    """One method per route."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def list(self, call: Call) -> Reply:
        """GET /ports."""
        where = [*visible_ports(call.context), *conditions(call.query, _COLUMNS)]
        async with self._means.database.read() as connection:
            found = await store.select(connection, where)
            details = await _dhcp_details(connection)
        items = [port_json(p, call.context, details.get(p.network_id, "")) for p in found]
        return page(call, "ports", items, _COLUMNS)

    async def show(self, call: Call) -> Reply:
        """GET /ports/{id}."""
        async with self._means.database.read() as connection:
            port = await find_port(connection, call.context, call.path["id"])
            details = await _dhcp_details(connection)
        shown = port_json(port, call.context, details.get(port.network_id, ""))
        return Reply({"port": chosen(call, shown)})

    async def create(self, call: Call) -> Reply:
        """POST /ports."""
        values = read_attributes(read_body(call.body, "port"), _NEW, call.context)
        if "network_id" not in values:
            raise InvalidInput("A port needs network_id.")
        project_id = project_of(values, call.context)
        addresses = values.pop("fixed_ips", None)
        options = _merged((), values.pop("dhcp_options", ()))
        wish = NewPort(project_id=project_id, addresses=addresses, dhcp_options=options, **values)
        port = await create_port(self._means, call.context, wish)
        return Reply({"port": port_json(port, call.context)})

    async def update(self, call: Call) -> Reply:
        """PUT /ports/{id}."""
        changes = read_attributes(read_body(call.body, "port"), _CHANGEABLE, call.context)
        port_id = call.path["id"]
        async with self._means.database.read() as connection:
            port = await find_port(connection, call.context, port_id)
        if "dhcp_options" in changes:
            changes["dhcp_options"] = _merged(port.dhcp_options, changes["dhcp_options"])
        binding = _binding(port, changes)
        port = await update_port(self._means, call.context, port_id, changes, binding)
        return Reply({"port": port_json(port, call.context)})

    async def delete(self, call: Call) -> Reply:
        """DELETE /ports/{id}."""
        await delete_port(self._means, call.context, call.path["id"])
        return Reply()


def _binding(port: Port, changes: dict[str, Any]) -> Plug | None:
    """The whole new binding, when the request names any half of it."""
    if "host_id" not in changes and "profile" not in changes:
        return None
    host_id = changes.pop("host_id", port.host_id)
    return Plug(host_id, changes.pop("profile", port.profile))


def _merged(
    present: Sequence[DhcpOption], changes: Sequence[tuple[str, DhcpOption | None]]
) -> tuple[DhcpOption, ...]:
    """Neutron's way: an option named replaces that option, a null value removes it, others stay."""
    options = {(option.name, option.ip_version): option for option in present}
    for name, option in changes:
        if option is not None:
            options[name, option.ip_version] = option
            continue
        for version in (4, 6):
            options.pop((name, version), None)
    return tuple(options.values())


async def _dhcp_details(connection: AsyncConnection) -> Mapping[str, str]:
    """What is wrong with DHCP, by network; most often nothing."""
    statement = sa.select(dhcp.c.network_id, dhcp.c.detail).where(dhcp.c.detail != "")
    return {row.network_id: row.detail for row in await connection.execute(statement)}
