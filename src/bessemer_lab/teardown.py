"""Takes a rack down, whatever is left of it: processes, namespaces, interfaces, files."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import yaml

from bessemer_lab import namespace, processes
from bessemer_lab.build import OOB, moved_away
from bessemer_lab.layout import MARKER_VARIABLE, Layout

MOST_ROUNDS: Final = 5


def take_down(layout: Layout, *, keep_disks: bool) -> bool:
    """End and remove all that belongs to the state directory; returns whether there was anything.

    Goes by the marks on processes and interfaces, not by what the files say: so it works after any
    crash, and twice. With `keep_disks` the machines' disks and UEFI variables stay.
    """
    markers = _markers(layout)
    for marker in markers:
        _end_rack(marker)
    anything = bool(markers) or layout.machines.exists()
    _remove_files(layout, keep_disks=keep_disks)
    return anything


def _markers(layout: Layout) -> set[str]:
    owners = {_owner(name) for name in namespace.every() if name.startswith("bessemer-")}
    found = owners | processes.values(MARKER_VARIABLE)
    with contextlib.suppress(OSError, yaml.YAMLError, TypeError, KeyError):
        kept = yaml.safe_load(layout.rack_file.read_text(encoding="utf-8"))
        found.add(layout.marker(kept["name"]))
    return {marker for marker in found if marker.endswith(f"@{layout.root}")}


def _end_rack(marker: str) -> None:
    name = f"bessemer-{marker.partition('@')[0]}"
    # Asked before the switch ends: the uplinks would survive it, but only just.
    moved = set(moved_away(marker).values())
    _end_all(lambda: processes.marked(MARKER_VARIABLE, marker))
    for room in sorted(moved):
        _remove_namespace(room)
    if namespace.exists(name) and _owner(name) in ("", marker):
        _remove_namespace(name)


def _remove_namespace(name: str) -> None:
    # Whatever still runs in there has lost its network: the server's dnsmasq, forgotten shells.
    _end_all(lambda: processes.inside(namespace.path_of(name)))
    namespace.remove(name)


def _end_all(find: Callable[[], list[int]]) -> None:
    # One round is not enough: a process that was just starting another had that one unseen.
    for _ in range(MOST_ROUNDS):
        found = find()
        if not found:
            return
        processes.end(found)


def _owner(name: str) -> str:
    return namespace.interfaces(name).get(OOB, "")


def _remove_files(layout: Layout, *, keep_disks: bool) -> None:
    shutil.rmtree(layout.switch, ignore_errors=True)
    layout.rack_file.unlink(missing_ok=True)
    if not keep_disks:
        shutil.rmtree(layout.machines, ignore_errors=True)
    elif layout.machines.exists():
        for folder in layout.machines.iterdir():
            _remove_all_but_disks(folder)
    with contextlib.suppress(OSError):
        layout.root.rmdir()


def _remove_all_but_disks(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix not in (".raw", ".fd"):
            path.unlink()
