"""DHCP servers of all networks: for each plan, files on disk and a dnsmasq that has read them."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bessemer.network.dhcp import render
from bessemer.network.dhcp.folder import remove_fallback, service_account, write_file
from bessemer.network.dhcp.plan import DhcpPlan
from bessemer.network.dhcp.process import DnsmasqProcess
from bessemer.network.dhcp.render import Files
from bessemer.network.dhcp.takeover import end_leftover
from bessemer.network.dhcp.wiring import unwire, wire

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Served:
    """What runs for one network, and what its files say."""

    process: DnsmasqProcess
    interface_index: int
    texts: tuple[str, str, str]
    complaints: str


class Dnsmasq:
    """One dnsmasq per network. Calls for one network must come one after the other."""

    def __init__(self, folder: Path, tftp_root: Path, on_death: Callable[[str], None]) -> None:
        self._folder = folder
        self._tftp_root = tftp_root
        self._on_death = on_death
        self._served: dict[str, Served] = {}
        self._wired: dict[str, DhcpPlan] = {}

    async def serve(self, plan: DhcpPlan) -> str:
        """Return once dnsmasq has confirmed the plan; complaints about single options, or "".

        Raises DhcpFailure. Does nothing when the plan is in force already.
        """
        before = self._wired.get(plan.network_id)
        interface_index = await wire(plan, before.service_addresses if before else ())
        self._wired[plan.network_id] = plan
        if not plan.served:
            await self._stop(plan.network_id)
            return ""
        files = Files(self._folder / plan.network_id, self._tftp_root)
        texts = (
            render.configuration(plan, files, service_account()),
            render.hosts(plan),
            render.options(plan),
        )
        served = self._served.get(plan.network_id)
        if served is None or not _can_go_on(served, texts[0], interface_index):
            return await self._start(plan, files, interface_index, texts)
        if served.texts == texts:
            return served.complaints
        return await self._reload(plan, files, served, texts)

    async def withdraw(self, network_id: str) -> None:
        """End the network's server and undo its wiring."""
        await self._stop(network_id)
        shutil.rmtree(self._folder / network_id, ignore_errors=True)
        plan = self._wired.pop(network_id, None)
        if plan is not None:
            await unwire(plan)

    async def stop(self) -> None:
        """End every server and undo all wiring."""
        for network_id in tuple(self._wired):
            await self._stop(network_id)
            await unwire(self._wired.pop(network_id))
        remove_fallback(self._folder)

    @property
    def networks(self) -> frozenset[str]:
        """Networks that are wired."""
        return frozenset(self._wired)

    async def _start(
        self, plan: DhcpPlan, files: Files, interface_index: int, texts: tuple[str, str, str]
    ) -> str:
        network_id = plan.network_id
        await self._stop(network_id)
        files.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        await end_leftover(files.pid, files.configuration)
        for path, text in zip(
            (files.configuration, files.hosts, files.options), texts, strict=True
        ):
            write_file(path, text)
        process = DnsmasqProcess(files, plan.namespace, lambda: self._on_death(network_id))
        try:
            complaints = _in_words(plan, await process.start())
        except BaseException:
            await process.stop()
            raise
        self._served[network_id] = Served(process, interface_index, texts, complaints)
        log.info("dhcp.serving", network_id=network_id, interface=plan.interface)
        return complaints

    async def _reload(
        self, plan: DhcpPlan, files: Files, served: Served, texts: tuple[str, str, str]
    ) -> str:
        del self._served[plan.network_id]  # until it has confirmed, nothing is known of it
        write_file(files.hosts, texts[1])
        write_file(files.options, texts[2])
        try:
            complaints = _in_words(plan, await served.process.reload())
        except BaseException:
            await served.process.stop()
            raise
        self._served[plan.network_id] = replace(served, texts=texts, complaints=complaints)
        return complaints

    async def _stop(self, network_id: str) -> None:
        served = self._served.pop(network_id, None)
        if served is not None:
            await served.process.stop()


def _can_go_on(served: Served, configuration: str, interface_index: int) -> bool:
    """A dnsmasq is bound to one interface, not to its name, and reads its configuration once."""
    same = (served.interface_index, served.texts[0]) == (interface_index, configuration)
    return same and served.process.is_running


def _in_words(plan: DhcpPlan, complaints: Sequence[tuple[int, str]]) -> str:
    return " ".join(
        f"dnsmasq refused a DHCP option of port {render.port_of_option_line(plan, line)}: {what}."
        for line, what in complaints
    )
