"""Sentences for people: what machines said, made harmless; sizes; the next safe command."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Flow

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
LONGEST_QUOTE: Final = 1000

_NEXT_COMMAND: Final[Mapping[Flow, str]] = {
    Flow.DEPLOY: "openstack baremetal node deploy {node}",
    Flow.CLEAN: "openstack baremetal node manage {node}` and `openstack baremetal node provide {node}",
    Flow.INSPECT: "openstack baremetal node inspect {node}",
    Flow.RESCUE: "openstack baremetal node rescue {node}",
    Flow.SERVICE: "openstack baremetal node service {node}",
}


def next_command(flow: Flow, node: Node) -> str:
    """What starts the work over once the cause is gone."""
    command = _NEXT_COMMAND.get(flow, "openstack baremetal node show {node}")
    return f"`{command.format(node=node.name or node.uuid)}`"


def not_heard(what: str, flow: Flow, node: Node, *, has_switch: bool) -> str:
    """Why a step waits for a ramdisk, and where to look."""
    again = next_command(flow, node)
    if has_switch:
        return (
            f"{what} since power-on; look at the machine's console for where it stopped, "
            f"then {again}"
        )
    return (
        f"{what}; nobody can switch this machine on from here: unless its last agent started it "
        f"anew, switch it on by hand, to boot from the network; if it is too late, {again}"
    )


def quoted(text: str, limit: int = LONGEST_QUOTE) -> str:
    """What a machine said, on one line, without control characters, at most `limit` characters."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def how_far(done: int, total: int) -> str:
    """`43 % (430 of 1000 MiB)`; both in bytes, `total` 0 when it is not known.

    Agents also count other things, such as disks: below 1 MiB only the share is told.
    """
    if total <= 0:
        return f"{done // MIB} MiB" if done > 0 else "an unknown part"
    if total < MIB:
        return f"{100 * done // total} %"
    return f"{100 * done // total} % ({done // MIB} of {-(-total // MIB)} MiB)"


def seconds(since: datetime, until: datetime) -> int:
    """Whole seconds between two moments."""
    return round((until - since).total_seconds())
