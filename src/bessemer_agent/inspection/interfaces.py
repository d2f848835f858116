"""The machine's network cards (sysfs), in upstream's inventory words."""

import fcntl
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bessemer_agent.disks.disk import PCI_ADDRESS
from bessemer_agent.inspection.lldp import Tlvs
from bessemer_agent.network import CARDS, client_id_of, mac_of

SIOCGIFADDR = 0x8915  # linux/sockios.h
LINK_LOCAL = "fe80"


@dataclass(frozen=True, slots=True)
class Interface:
    """One card, Ethernet or InfiniBand; `speed_mbps` is None while the link is down."""

    name: str
    mac_address: str
    has_carrier: bool
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    vendor: str | None = None
    product: str | None = None
    speed_mbps: int | None = None
    pci_address: str | None = None
    driver: str | None = None
    lldp: Tlvs | None = None
    client_id: str | None = None
    """Of InfiniBand."""

    def as_json(self) -> dict[str, Any]:
        """One entry of inventory.interfaces."""
        return {
            "name": self.name,
            "mac_address": self.mac_address,
            "ipv4_address": self.ipv4_address,
            "ipv6_address": self.ipv6_address,
            "has_carrier": self.has_carrier,
            "lldp": None if self.lldp is None else [list(tlv) for tlv in self.lldp],
            "vendor": self.vendor,
            "product": self.product,
            "client_id": self.client_id,
            "biosdevname": None,
            "speed_mbps": self.speed_mbps,
            "pci_address": self.pci_address,
            "driver": self.driver,
        }


def list_interfaces(system_root: Path) -> list[Interface]:
    """Cards with hardware behind them, by name."""
    return [
        _interface(system_root, folder)
        for folder in sorted((system_root / "sys/class/net").glob("*"))
        if (folder / "device").exists() and _read(folder / "type") in CARDS
    ]


def with_lldp(interfaces: list[Interface], heard: Mapping[str, Tlvs]) -> list[Interface]:
    return [replace(interface, lldp=heard.get(interface.name, [])) for interface in interfaces]


def carrier_of(system_root: Path, name: str) -> bool:
    """Whether the other end of the cable is alive; False too while the card is down."""
    return _read(system_root / "sys/class/net" / name / "carrier") == "1"


def _interface(system_root: Path, folder: Path) -> Interface:
    address = _read(folder / "address") or ""
    speed = _read(folder / "speed") or ""
    parts = [part for part in folder.resolve().parts if PCI_ADDRESS.match(part)]
    driver = folder / "device/driver"
    return Interface(
        name=folder.name,
        mac_address=mac_of(address),
        client_id=client_id_of(address),
        has_carrier=carrier_of(system_root, folder.name),
        ipv4_address=_ipv4(folder.name),
        ipv6_address=_ipv6(system_root, folder.name),
        vendor=_read(folder / "device/vendor"),
        product=_read(folder / "device/device"),
        speed_mbps=int(speed) if speed.isdigit() else None,
        pci_address=parts[-1] if parts else None,
        driver=driver.resolve().name if driver.exists() else None,
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None  # "carrier" and "speed" of a card that is down


def _ipv4(name: str) -> str | None:
    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            return socket.inet_ntoa(fcntl.ioctl(probe, SIOCGIFADDR, request)[20:24])
        except OSError:
            return None


def _ipv6(system_root: Path, name: str) -> str | None:
    """A global address if there is one, else the link-local one (/proc/net/if_inet6)."""
    lines = (_read(system_root / "proc/net/if_inet6") or "").splitlines()
    own = [line.split()[0] for line in lines if line.split()[-1] == name]
    own.sort(key=lambda text: text.startswith(LINK_LOCAL))
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(own[0])) if own else None
