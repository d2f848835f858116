"""DHCP servers of all networks: for each plan, files on disk and a dnsmasq that has read them."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bessemer.network.dhcp import render
from bessemer.network.dhcp.folder import (
    remove_fallback,
    service_account,
    write_file,
)
from bessemer.network.dhcp.plan import DhcpPlan, namespace_of
from bessemer.network.dhcp.process import DnsmasqProcess, Launch
from bessemer.network.dhcp.render import Files
from bessemer.network.dhcp.takeover import end_leftover
from bessemer.network.dhcp.wiring import release_namespace, unwire, wire
from bessemer.network.tftp.server import Place, TftpServers

log = structlog.get_logger()

_SLOTS: Final = ("a", "b")
"""A changed plan's process starts in the slot that is free, then the other one's ends: no gap."""


@dataclass(frozen=True, slots=True)
class Served:
    """What runs for one network. dnsmasq is bound to an interface's index, not to its name."""

    plan: DhcpPlan
    interface_index: int
    process: DnsmasqProcess
    slot: str
    complaints: str


class Dnsmasq:
    """One dnsmasq for DHCP per network; and TFTP on infrastructure networks, which is our own.

    Calls for one network must come one after the other.
    """

    def __init__(self, folder: Path, tftp: TftpServers, on_death: Callable[[str], None]) -> None:
        self._folder = folder
        self._tftp = tftp
        self._on_death = on_death
        self._served: dict[str, Served] = {}
        self._wired: dict[str, DhcpPlan] = {}

    async def serve(self, plan: DhcpPlan) -> str:
        """Return once dnsmasq has confirmed the plan; complaints about single options, or "".

        Raises DhcpFailure. Does nothing when the plan is in force already.
        """
        await self._end_leftovers(plan.network_id)
        before = self._wired.get(plan.network_id)
        self._wired.setdefault(plan.network_id, plan)  # what is left half done gets undone, too
        interface_index = await wire(plan, before.service_addresses if before else ())
        self._wired[plan.network_id] = plan
        if not plan.served:
            await self._end_processes(plan.network_id)
            return ""
        await self._tftp.serve(plan.network_id, _tftp_places(plan))
        served = self._served.get(plan.network_id)
        if served is not None and _is_in_force(served, plan, interface_index):
            return served.complaints
        return await self._replace(plan, interface_index, served)

    async def withdraw(self, network_id: str) -> None:
        """End the network's servers and undo its wiring."""
        await self._end_leftovers(network_id)
        await self._end_processes(network_id)
        shutil.rmtree(self._folder / network_id, ignore_errors=True)
        plan = self._wired.pop(network_id, None)
        if plan is not None:
            await unwire(plan)
        else:
            await release_namespace(namespace_of(network_id))

    async def stop(self) -> None:
        """End every server and undo all wiring."""
        for network_id in self.networks:
            await self.withdraw(network_id)
        await self._tftp.stop()
        remove_fallback(self._folder)

    @property
    def networks(self) -> frozenset[str]:
        """Networks that are wired, or were when an earlier run of this server ended."""
        return frozenset({folder.name for folder in self._folder.iterdir()} | self._wired.keys())

    async def _replace(self, plan: DhcpPlan, interface_index: int, served: Served | None) -> str:
        slot = _SLOTS[1] if served is not None and served.slot == _SLOTS[0] else _SLOTS[0]
        files = self._files(plan.network_id, slot)
        leases = ""
        if served is not None:
            leases = _text(self._files(plan.network_id, served.slot).leases)
        write_file(files.configuration, render.dhcp_configuration(plan, files, service_account()))
        write_file(files.hosts, render.hosts(plan))
        write_file(files.options, render.options(plan))
        write_file(files.leases, render.still_valid(leases, plan))
        ready = f"read {files.options}"
        process, complaints = await self._start(plan, files, ready)
        words = _in_words(plan, complaints)
        self._served[plan.network_id] = Served(plan, interface_index, process, slot, words)
        if served is not None:
            await served.process.stop()
        log.info("dhcp.serving", network_id=plan.network_id, hosts=len(plan.hosts))
        return words

    async def _start(
        self, plan: DhcpPlan, files: Files, ready: str
    ) -> tuple[DnsmasqProcess, Sequence[tuple[int, str]]]:
        launch = Launch(plan.network_id, files.configuration, ready, plan.namespace)
        process = DnsmasqProcess(launch, lambda: self._on_death(plan.network_id))
        try:
            return process, await process.start()
        except BaseException:
            await process.stop()
            raise

    async def _end_leftovers(self, network_id: str) -> None:
        """Once per network and run: what a killed server left running, in any slot."""
        if network_id in self._wired:
            return
        for slot in _SLOTS:
            files = self._files(network_id, slot)
            await end_leftover(files.pid, files.configuration)

    async def _end_processes(self, network_id: str) -> None:
        served = self._served.pop(network_id, None)
        if served is not None:
            await served.process.stop()
        await self._tftp.end(network_id)

    def _files(self, network_id: str, slot: str) -> Files:
        return Files(self._folder / network_id / slot)


def _tftp_places(plan: DhcpPlan) -> frozenset[Place]:
    """Tenants' networks have none: whatever boots there is none of the cloud's."""
    if plan.namespace is not None:
        return frozenset()
    return frozenset(
        Place(str(subnet.service_address), plan.mtu)
        for subnet in plan.subnets
        if subnet.service_address is not None
    )


def _is_in_force(served: Served, plan: DhcpPlan, interface_index: int) -> bool:
    same = (served.plan, served.interface_index) == (plan, interface_index)
    return same and served.process.is_running


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _in_words(plan: DhcpPlan, complaints: Sequence[tuple[int, str]]) -> str:
    refused = (
        f"dnsmasq refused a DHCP option of port {render.port_of_option_line(plan, line)}: {what}."
        for line, what in complaints
    )
    return " ".join((*plan.complaints, *refused))
