"""The embedded network service: Neutron's job, in this process, for the other rooms."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bessemer.bus.bus import Bus
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.json_types import JsonObject
from bessemer.network.dhcp.boot_programs import BootPrograms
from bessemer.network.dhcp.dnsmasq import Dnsmasq
from bessemer.network.dhcp.folder import choose_folder, take_folder
from bessemer.network.domain.addresses import parse_mac
from bessemer.network.domain.dhcp_options import checked_option, names_client
from bessemer.network.domain.errors import PortNotFound
from bessemer.network.domain.port import Port, profile_with
from bessemer.network.operations import ports as port_operations
from bessemer.network.operations.bindings import Plug
from bessemer.network.operations.means import CONFIRMED, DHCP_WISHED, SWITCH_WISHED, Means
from bessemer.network.operations.networks import resolve_network
from bessemer.network.operations.plugging import wait_until_active, wait_until_unplugged
from bessemer.network.operations.ports import NewPort
from bessemer.network.operations.reconcile_switch import SwitchReconciler
from bessemer.network.operations.serve_dhcp import DhcpSupervisor
from bessemer.network.operations.views import network_view, port_view
from bessemer.network.operations.visibility import visible_ports
from bessemer.network.operations.waiting import Signal
from bessemer.network.public import (
    CLIENT_ID,
    Binding,
    DhcpOption,
    LocalLink,
    NetworkView,
    PortSpec,
    PortView,
)
from bessemer.network.settings import NetworkSettings
from bessemer.network.store import dhcp as dhcp_store
from bessemer.network.store import ports as port_store
from bessemer.network.store import subnets as subnet_store
from bessemer.network.store.tables import ports as port_table
from bessemer.network.switches.registry import make_switches
from bessemer.network.tftp.library import Library
from bessemer.network.tftp.server import TftpServers

log = structlog.get_logger()


class EmbeddedNetwork:
    """Implements `bessemer.network.public.NetworkService`.

    `start` begins the work on switches and DHCP servers; `stop` ends it: dnsmasq is ended, and
    interfaces and namespaces are as before. Requests are accepted without `start`, too; then
    another process that shares database and bus carries them out. `ramdisk_port`: of the ramdisk's
    listener on this host, from which TFTP passes on what it is asked for.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        settings: NetworkSettings,
        state_directory: Path,
        ramdisk_port: int | None = None,
    ) -> None:
        self.means = Means(database, bus, settings, make_switches(settings.switches))
        self.programs = BootPrograms(settings, state_directory / "boot")
        self._tftp = TftpServers(Library(self.programs, ramdisk_port))
        self._state_directory = state_directory
        self._reconcilers = {
            name: SwitchReconciler(self.means, switch)
            for name, switch in self.means.switches.items()
        }
        self._supervisor: DhcpSupervisor | None = None
        self._give_back = contextlib.ExitStack()
        self._confirmed = Signal()
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe: list[Callable[[], None]] = []
        self._listen(CONFIRMED, self._on_confirmed)

    async def start(self) -> None:
        """Control the switches and serve DHCP, in the background, until `stop`.

        Raises ConfigurationError when another process serves DHCP from our folder.
        """
        serves_dhcp = self.means.settings.dhcp == "dnsmasq"
        folder = _folder(self.means.settings, self._state_directory) if serves_dhcp else None
        if folder is not None:
            self._give_back.callback(os.close, take_folder(folder))
        self._listen(SWITCH_WISHED, self._on_switch_wished)
        for reconciler in self._reconcilers.values():
            self._in_background(reconciler.run())
        if folder is not None:
            server = Dnsmasq(folder, self._tftp, self._on_server_death)
            if missing := await self.programs.make():
                log.warning("dhcp.boot_programs_missing", names=missing)
            self._supervisor = DhcpSupervisor(self.means, server)
            self._listen(DHCP_WISHED, self._on_dhcp_wished)
            self._in_background(self._supervisor.run())

    async def stop(self) -> None:
        """End everything that `start` began."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        if self._supervisor is not None:
            await self._supervisor.stop()
        self._give_back.close()

    async def get_network(self, context: RequestContext, ident: str) -> NetworkView:
        async with self.means.database.read() as connection:
            network = await resolve_network(connection, context, ident)
            subnets = await subnet_store.of_network(connection, network.id)
        own = network.name in self.means.settings.infrastructure
        return network_view(network, subnets, serves_boot=own)

    async def create_port(self, context: RequestContext, spec: PortSpec) -> PortView:
        wish = NewPort(
            network_id=spec.network_id,
            project_id=spec.project_id or context.project_id or "",
            name=spec.name,
            mac_address=parse_mac(spec.mac_address) if spec.mac_address else None,
            device_id=spec.device_id,
            device_owner=spec.device_owner,
            host_id=spec.host_id,
            vnic_type=spec.vnic_type,
            profile=profile_with({}, spec.links),
            dhcp_options=_checked(spec.dhcp_options),
        )
        return port_view(await port_operations.create_port(self.means, context, wish))

    async def get_port(self, context: RequestContext, port_id: str) -> PortView:
        async with self.means.database.read() as connection:
            port = await port_operations.find_port(connection, context, port_id)
            state = await dhcp_store.find(connection, port.network_id)
        return port_view(port, state.detail if state is not None else "")

    async def list_ports(
        self,
        context: RequestContext,
        *,
        device_id: str | None = None,
        network_id: str | None = None,
    ) -> list[PortView]:
        where = list(visible_ports(context))
        if device_id is not None:
            where.append(port_table.c.device_id == device_id)
        if network_id is not None:
            where.append(port_table.c.network_id == network_id)
        async with self.means.database.read() as connection:
            return [port_view(port) for port in await port_store.select(connection, where)]

    async def bind_port(self, context: RequestContext, port_id: str, binding: Binding) -> PortView:
        plug = Plug(binding.host_id, profile_with(binding.profile, binding.links))
        port = await self._port(context, port_id)
        named = [] if binding.client_id is None else [DhcpOption(CLIENT_ID, binding.client_id)]
        told = [option for option in port.dhcp_options if not names_client(option)]
        changes = {
            "vnic_type": binding.vnic_type.value,
            "dhcp_options": _checked((*named, *told)),
        }
        return port_view(
            await port_operations.update_port(self.means, context, port_id, changes, plug)
        )

    async def unbind_port(self, context: RequestContext, port_id: str) -> None:
        await port_operations.update_port(self.means, context, port_id, {}, Plug())

    async def set_mac_address(
        self, context: RequestContext, port_id: str, mac_address: str | None
    ) -> PortView:
        changes = {"mac_address": parse_mac(mac_address) if mac_address else None}
        return port_view(await port_operations.update_port(self.means, context, port_id, changes))

    async def set_dhcp_options(
        self, context: RequestContext, port_id: str, options: tuple[DhcpOption, ...]
    ) -> None:
        port = await self._port(context, port_id)
        named = [option for option in port.dhcp_options if names_client(option)]
        changes = {"dhcp_options": (*named, *_checked(options))}
        await port_operations.update_port(self.means, context, port_id, changes)

    async def _port(self, context: RequestContext, port_id: str) -> Port:
        async with self.means.database.read() as connection:
            return await port_operations.find_port(connection, context, port_id)

    async def delete_port(self, context: RequestContext, port_id: str) -> None:
        with contextlib.suppress(PortNotFound):
            await port_operations.delete_port(self.means, context, port_id)

    async def wait_until_active(self, port_id: str, timeout: timedelta) -> PortView:
        return await wait_until_active(self.means, self._confirmed, port_id, timeout)

    async def wait_until_unplugged(self, links: tuple[LocalLink, ...], timeout: timedelta) -> None:
        await wait_until_unplugged(self.means, self._confirmed, links, timeout)

    def _on_server_death(self, network_id: str) -> None:
        if self._supervisor is not None:
            self._supervisor.nudge(network_id)

    def _listen(
        self, topic: str, handler: Callable[[JsonObject], Coroutine[Any, Any, None]]
    ) -> None:
        self._unsubscribe.append(self.means.bus.subscribe(topic, handler))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _on_confirmed(self, _message: JsonObject) -> None:
        self._confirmed.fire()

    async def _on_switch_wished(self, message: JsonObject) -> None:
        reconciler = self._reconcilers.get(message["switch"])
        if reconciler is not None:
            reconciler.nudge()

    async def _on_dhcp_wished(self, message: JsonObject) -> None:
        if self._supervisor is not None:
            self._supervisor.nudge(message["network_id"])


async def remove_leftovers(settings: NetworkSettings, state_directory: Path) -> None:
    """End the dnsmasq processes and remove the namespaces that a killed server left behind.

    Raises ConfigurationError when that server lives.
    """
    if settings.dhcp != "dnsmasq":
        return
    folder = _folder(settings, state_directory)
    nothing = TftpServers(Library(BootPrograms(settings, state_directory / "boot"), None))
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, take_folder(folder))
        await Dnsmasq(folder, nothing, lambda _network_id: None).stop()


def _folder(settings: NetworkSettings, state_directory: Path) -> Path:
    return choose_folder(settings.state_directory or state_directory / "dhcp", state_directory)


def _checked(options: tuple[DhcpOption, ...]) -> tuple[DhcpOption, ...]:
    return tuple(checked_option(option) for option in options)
