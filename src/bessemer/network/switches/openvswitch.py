"""Open vSwitch over OVSDB (RFC 7047): an access port's VLAN is the `tag` of its Port row."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from ovsdbapp.backend.ovs_idl import connection
from ovsdbapp.exceptions import TimeoutException
from ovsdbapp.schema.open_vswitch.impl_idl import OvsdbIdl

from bessemer.network.public import SwitchFailure
from bessemer.network.switches.driver import (
    SwitchDriver,
    SwitchPortView,
    SwitchUnreachable,
    VlanChange,
)

_TABLES: Final = ("Open_vSwitch", "Bridge", "Port", "Interface")

T = TypeVar("T")


class _Exchange(OvsdbIdl):  # type: ignore[misc]
    """ovsdbapp keeps one connection per class, for good; here each object has its own."""

    def __init__(self, link: connection.Connection) -> None:
        self._link = link
        super().__init__(link)

    @property
    def ovsdb_connection(self) -> Any:
        return self._link

    @ovsdb_connection.setter
    def ovsdb_connection(self, _link: Any) -> None:
        """Already kept."""


class OpenVSwitch(SwitchDriver):
    """One bridge. Each exchange opens a connection of its own, so nothing read is ever stale.

    Ports in `parked_vlan` are `protected` as well (ovs-vswitchd.conf.db(5), table Port): what is in
    no network cannot talk to what else is in none.
    """

    def __init__(
        self, name: str, ovsdb: str, bridge: str, timeout: timedelta, parked_vlan: int = 4094
    ) -> None:
        self._name = name
        self._parked_vlan = parked_vlan
        self._ovsdb = ovsdb
        self._bridge = bridge
        self._timeout_s = max(1, round(timeout.total_seconds()))
        self._one_at_a_time = asyncio.Lock()

    async def list_ports(self) -> Sequence[SwitchPortView]:
        return await self._exchange(self._list_ports)

    async def read_vlans(self, ports: Sequence[str]) -> Mapping[str, int | None]:
        rows = await self._exchange(self._port_rows)
        return {name: rows[name].vlan for name in ports if name in rows}

    async def apply(self, changes: Sequence[VlanChange]) -> None:
        await self._exchange(lambda api: self._apply(api, changes))

    async def _exchange(self, work: Callable[[_Exchange], T]) -> T:
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._connected, work)

    def _connected(self, work: Callable[[_Exchange], T]) -> T:
        """Connect, work, hang up. ovsdbapp blocks, so this runs in a thread."""
        try:
            idl = connection.OvsdbIdl.from_server(
                self._ovsdb, "Open_vSwitch", helper_tables=_TABLES
            )
            link = connection.Connection(idl, self._timeout_s)
            api = _Exchange(link)
        except Exception as error:  # the library raises bare Exception here
            raise SwitchUnreachable(
                f"The switch {self._name} does not answer at {self._ovsdb}: {error}. Check that "
                f"ovsdb-server runs and the setting network.switches.{self._name}.ovsdb."
            ) from error
        try:
            return work(api)
        finally:
            link.stop(timeout=self._timeout_s)

    def _list_ports(self, api: _Exchange) -> Sequence[SwitchPortView]:
        return sorted(self._port_rows(api).values(), key=lambda port: port.name)

    def _port_rows(self, api: _Exchange) -> dict[str, SwitchPortView]:
        rows = _rows(api, "Bridge")
        bridge = next((row for row in rows if row.name == self._bridge), None)
        if bridge is None:
            raise SwitchFailure(
                f"The switch {self._name} has no bridge {self._bridge}; check the setting "
                f"network.switches.{self._name}.bridge."
            )
        return {
            row.name: _view(row, self._parked_vlan)
            for row in bridge.ports
            if row.name != self._bridge
        }

    def _apply(self, api: _Exchange, changes: Sequence[VlanChange]) -> None:
        present = self._port_rows(api)
        missing = [change.port for change in changes if change.port not in present]
        if missing:
            raise SwitchFailure(
                f"The switch {self._name} has no port {', '.join(missing)} on bridge "
                f"{self._bridge}; check the node's cabling (local_link_connection.port_id)."
            )
        try:
            with api.transaction(check_error=True, log_errors=False) as transaction:
                for change in changes:
                    transaction.add(_set_access(api, change, self._parked_vlan))
        except TimeoutException as error:
            raise self._not_carried_out() from error
        except Exception as error:  # the library raises RuntimeError and worse
            raise SwitchFailure(f"The switch {self._name} refused the change: {error}.") from error
        self._check_data_path(api)

    def _check_data_path(self, api: _Exchange) -> None:
        """ovs-vswitchd copies next_cfg to cur_cfg once it has done what the database says."""
        (root,) = _rows(api, "Open_vSwitch")
        if root.cur_cfg < root.next_cfg:
            raise self._not_carried_out()

    def _not_carried_out(self) -> SwitchUnreachable:
        return SwitchUnreachable(
            f"The switch {self._name} did not carry the change out within {self._timeout_s} s; "
            "check that ovs-vswitchd runs there and is not stuck."
        )


def _set_access(api: _Exchange, change: VlanChange, parked_vlan: int) -> Any:
    return api.db_set(
        "Port",
        change.port,
        ("tag", change.vlan),
        ("vlan_mode", "access"),
        ("trunks", []),
        ("protected", change.vlan == parked_vlan),
    )


def _rows(api: _Exchange, table: str) -> list[Any]:
    return list(api.tables[table].rows.values())


def _view(row: Any, parked_vlan: int) -> SwitchPortView:
    """A port that is parked without being protected counts as no access port: it must be mended."""
    mode = row.vlan_mode[0] if row.vlan_mode else None
    vlan = row.tag[0] if row.tag and mode in (None, "access") else None
    exposed = vlan == parked_vlan and not row.protected
    return SwitchPortView(
        name=row.name,
        vlan=None if exposed else vlan,
        has_carrier=any(interface.link_state == ["up"] for interface in row.interfaces),
    )
