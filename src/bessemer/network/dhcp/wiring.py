"""This host's interface in a network's VLAN: found, moved, addressed, by iproute2's `ip`."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from bessemer.network.dhcp.failure import DhcpFailure
from bessemer.network.dhcp.plan import DhcpPlan

log = structlog.get_logger()

_NAMESPACES: Final = Path("/run/netns")


async def wire(plan: DhcpPlan, former_addresses: Sequence[str] = ()) -> int:
    """Bring the interface up with its addresses where the plan wants it; change nothing that is right.

    Takes off those former addresses that the plan no longer has. Returns the interface's index.
    Raises DhcpFailure, among others when the interface does not exist (yet).
    """
    if plan.namespace is not None:
        await _ensure_namespace(plan.namespace)
        await _move(plan.interface, plan.namespace)
    link = await _find(plan.interface, plan.namespace)
    if link is None:
        raise DhcpFailure(
            f"This host has no interface {plan.interface} (setting network.host_interface), so "
            f"network {plan.network_id} has no DHCP here; served as soon as it appears."
        )
    present = _addresses(link)
    for address in set(former_addresses) & present - set(plan.service_addresses):
        await _ip(plan.namespace, "address", "delete", address, "dev", plan.interface)
    for address in plan.service_addresses:
        if address not in present:
            await _ip(plan.namespace, "address", "replace", address, "dev", plan.interface)
    await _become_router(plan, present)
    if "UP" not in link["flags"]:
        await _ip(plan.namespace, "link", "set", plan.interface, "up")
    return int(link["ifindex"])


async def _become_router(plan: DhcpPlan, present: set[str]) -> None:
    """A host without IPv6 boots its machines all the same, only slower."""
    for address in set(plan.router_addresses) - present:
        words = ("address", "add", address, "dev", plan.interface, "nodad")
        try:
            await _ip(plan.namespace, *words)
        except DhcpFailure as failure:
            log.info("network.no_ipv6", interface=plan.interface, reason=str(failure))
            return


async def unwire(plan: DhcpPlan) -> None:
    """Take the addresses off, give a moved interface back, and remove the namespace."""
    if plan.namespace is not None:
        await release_namespace(plan.namespace)
        return
    link = await _find(plan.interface, None)
    ours = {*plan.service_addresses, *plan.router_addresses}
    for address in ours & (_addresses(link) if link else set()):
        await _ip(None, "address", "delete", address, "dev", plan.interface)


async def release_namespace(name: str) -> None:
    """Bring the interfaces of a namespace of ours back to this process's own, and remove it.

    Removing it with an interface inside would destroy the interface. Does nothing when it is gone.
    """
    if not (_NAMESPACES / name).exists():
        return
    for link in json.loads(await _ip(name, "-json", "link", "show")):
        if link["ifname"] != "lo":
            await _ip(name, "link", "set", link["ifname"], "netns", str(os.getpid()))
    await _ip(None, "netns", "delete", name)


async def _ensure_namespace(name: str) -> None:
    if not (_NAMESPACES / name).exists():
        await _ip(None, "netns", "add", name)
    await _ip(name, "link", "set", "lo", "up")


async def _move(interface: str, namespace: str) -> None:
    """Into the namespace. Open vSwitch, when restarted, makes its interface anew in the old place

    and leaves a dead one in ours: the new one replaces it.
    """
    if await _find(interface, None) is None:
        return
    if await _find(interface, namespace) is not None:
        log.warning("network.interface_replaced", interface=interface, namespace=namespace)
        await _ip(namespace, "link", "delete", interface)
    await _ip(None, "link", "set", interface, "netns", namespace)


async def _find(interface: str, namespace: str | None) -> dict[str, Any] | None:
    if namespace is not None and not (_NAMESPACES / namespace).exists():
        return None
    links = json.loads(await _ip(namespace, "-json", "address", "show"))
    return next((link for link in links if link.get("ifname") == interface), None)


def _addresses(link: dict[str, Any]) -> set[str]:
    return {f"{address['local']}/{address['prefixlen']}" for address in link.get("addr_info", ())}


async def _ip(namespace: str | None, *arguments: str) -> str:
    place = ("-netns", namespace) if namespace is not None else ()
    try:
        process = await asyncio.create_subprocess_exec(
            "ip", *place, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
    except OSError as error:
        raise DhcpFailure(
            f"The program `ip` cannot be started: {error}; install iproute2."
        ) from error
    output, errors = await process.communicate()
    if process.returncode != 0:
        words = errors.decode(errors="replace").strip()
        raise DhcpFailure(f"`ip {' '.join((*place, *arguments))}` failed: {words}.")
    return output.decode()
