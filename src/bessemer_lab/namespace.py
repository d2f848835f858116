"""Network namespaces, taps and addresses, by way of iproute2."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bessemer_lab.errors import LabError
from bessemer_lab.programs import run

NAMESPACES: Final = Path("/run/netns")


def path_of(namespace: str) -> Path:
    """Where the namespace is mounted."""
    return NAMESPACES / namespace


def exists(namespace: str) -> bool:
    """Whether there is a namespace of that name."""
    return path_of(namespace).exists()


def every() -> list[str]:
    """The names of all network namespaces of this host."""
    return sorted(path.name for path in NAMESPACES.iterdir()) if NAMESPACES.is_dir() else []


def add(namespace: str) -> None:
    """Make the namespace, with its loopback up."""
    run(["ip", "netns", "add", namespace])
    configure(namespace, ["link set lo up"])


def remove(namespace: str) -> None:
    """Remove the namespace, and with it every interface that is in it."""
    run(["ip", "netns", "delete", namespace])


def configure(namespace: str, lines: Iterable[str]) -> None:
    """Run `ip` commands inside the namespace, all in one go; the first failure ends it."""
    run(["ip", "-netns", namespace, "-batch", "-"], text="\n".join(lines) + "\n")


def interfaces(namespace: str) -> dict[str, str]:
    """The interfaces of the namespace: name to alias (empty when it has none).

    None when the namespace is gone: others come and go at any time.
    """
    try:
        answer = run(["ip", "-netns", namespace, "-json", "link", "show"])
    except LabError:
        if exists(namespace):
            raise
        return {}
    return {link["ifname"]: link.get("ifalias", "") for link in json.loads(answer or "[]")}


def enter(namespace: str, argv: Sequence[str]) -> list[str]:
    """The argument vector that runs `argv` inside the namespace."""
    return ["nsenter", f"--net={path_of(namespace)}", "--", *argv]


def tap(name: str, alias: str) -> list[str]:
    """`ip` commands that make a tap which outlives the processes that use it, and bring it up.

    The host must not speak on it by itself, hence no IPv6 autoconfiguration.
    """
    return [
        f"tuntap add dev {name} mode tap",
        f'link set dev {name} alias "{alias}" addrgenmode none up',
    ]


def cable(name: str, alias: str) -> list[str]:
    """The same for a tap between a machine and the switch, on which the host has nothing to answer.

    It has addresses in the machine's VLAN, and would give the tap's own MAC for theirs: what the
    machine then sends there reaches nobody.
    """
    return [*tap(name, alias), f"link set dev {name} arp off"]
