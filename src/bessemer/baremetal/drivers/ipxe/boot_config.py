"""What one node's next network boot is to load; lives in `driver_internal_info.boot_config`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.san import SanBoot

KEY: Final = "boot_config"
IMAGE: Final = "glance://"


@dataclass(frozen=True, slots=True)
class BootConfig:
    """`kernel` and `ramdisk` are absolute paths on this host, http(s) URLs, or `glance://` ids.

    With `boot_iso` (a URL or `glance://` id) or `san` there are neither: the machine boots that.
    """

    node_uuid: str
    purpose: str
    listener: str
    """URL of our listener on the ramdisk's network, without a trailing slash."""
    kernel: str
    ramdisk: str
    params: tuple[str, ...]
    """Words of the kernel's command line, without BOOTIF."""
    boot_iso: str = ""
    san: SanBoot | None = None

    @classmethod
    def of(cls, node: Node) -> "BootConfig | None":
        """The node's; None when it is not to boot a ramdisk."""
        stored: Mapping[str, Any] | None = node.driver_internal_info.get(KEY)
        if stored is None:
            return None
        san = SanBoot.from_json(stored["san"]) if "san" in stored else None
        params = tuple(stored["params"])
        return cls(**{**stored, "node_uuid": node.uuid, "params": params, "san": san})

    def as_json(self) -> dict[str, Any]:
        """For `driver_internal_info`."""
        return {
            "purpose": self.purpose,
            "listener": self.listener,
            "kernel": self.kernel,
            "ramdisk": self.ramdisk,
            "params": list(self.params),
            **({"boot_iso": self.boot_iso} if self.boot_iso else {}),
            **({"san": self.san.as_json()} if self.san else {}),
        }

    def url_of(self, name: str) -> str:
        """Where the machine fetches `kernel`, `ramdisk` or `boot_iso`."""
        place: str = getattr(self, name)
        return place if is_url(place) else f"{self.listener}/{self.file_of(name)}"

    def file_of(self, name: str) -> str:
        """The path at our listener by which `kernel` or `ramdisk` can be had, wherever it lies."""
        return f"boot/files/{self.node_uuid}/{name}"


def image_of(place: str) -> str | None:
    """The image's id when a place is one of the image service; else None."""
    return place.removeprefix(IMAGE) if place.startswith(IMAGE) else None


def is_url(place: str) -> bool:
    """Whether a kernel or ramdisk lies on another server."""
    return place.startswith(("http://", "https://"))
