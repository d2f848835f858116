"""Which kernel and which ramdisk a node boots, and which of this host's files may be served."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.drivers.ipxe.boot_config import is_url
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

KEYS: Final = ("deploy_kernel", "deploy_ramdisk")

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def chosen(node: Node, settings: BareMetalSettings, key: str) -> str:
    """driver_info's, else the settings'. Raises Invalid when neither names one.

    A path (`/…`, `file:///…`), an http(s) URL, or an image's id or name.
    """
    given = _text(node.driver_info, key) or getattr(settings, key)
    if not given:
        raise Invalid(
            f"Node {node.name or node.uuid} has no {key}: set baremetal.{key} in the server's "
            f"settings (`make ramdisk` builds one), or driver_info.{key} of the node."
        )
    place = str(given).removeprefix("file://")
    scheme = _SCHEME.match(place)
    if scheme and not is_url(place):
        raise Invalid(
            f"{key} {quoted(place, 200)!r}: {scheme[1]}:// addresses are not served; give a path, "
            "an http(s) URL, or an image's id."
        )
    return place


def is_path(node: Node, settings: BareMetalSettings, key: str, place: str) -> bool:
    """Whether a place is a file of this host; the settings may name one relative to the server's."""
    if is_url(place):
        return False
    return place.startswith("/") or not _text(node.driver_info, key)


def servable(place: str, settings: BareMetalSettings, key: str) -> str:
    """The real path of a file that may be handed out. Raises Invalid.

    Nodes' owners write driver_info: a path in there must lie beside the configured kernel or
    ramdisk, or any file of this host could be read by booting a machine.
    """
    real = Path(place).resolve()
    configured = [
        Path(getattr(settings, each)) for each in KEYS if _is_file(getattr(settings, each))
    ]
    allowed = {path.resolve().parent for path in configured}
    named = {path.resolve() for path in configured}
    if real not in named and real.parent not in allowed:
        where = (
            ", ".join(sorted(map(str, allowed))) or "nowhere: baremetal.deploy_kernel is not set"
        )
        raise Invalid(f"{key} {quoted(place, 200)!r}: files are served only from {where}.")
    if not real.is_file():
        raise Invalid(f"{key}: there is no file {real}. `make ramdisk` builds kernel and ramdisk.")
    return str(real)


def _is_file(place: str) -> bool:
    return bool(place) and not is_url(place)


def _text(info: Mapping[str, Any], key: str) -> str:
    value = info.get(key)
    return value if isinstance(value, str) else ""
