"""What a rack is made of: machines, switches, VLANs and the out-of-band network, as plain data."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Final

PARKED_VLAN: Final = 4094
"""Tag of a switch port that belongs to no network."""


class Bus(StrEnum):
    """How a disk is attached, and so what the guest calls it: /dev/vda, /dev/sda, /dev/nvme0n1."""

    VIRTIO = "virtio"
    SATA = "sata"
    NVME = "nvme"


class NicModel(StrEnum):
    """The emulated network card."""

    VIRTIO = "virtio"
    E1000 = "e1000"


class Firmware(StrEnum):
    """What runs before the operating system: SeaBIOS or OVMF."""

    BIOS = "bios"
    UEFI = "uefi"


class BmcKind(StrEnum):
    """The protocol that a machine's management controller speaks."""

    IPMI = "ipmi"


class VlanRole(StrEnum):
    """What a VLAN is for."""

    PROVISIONING = "provisioning"
    CLEANING = "cleaning"
    INSPECTION = "inspection"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk; `serial` is what the guest reads as its serial number."""

    size_gib: int
    bus: Bus
    serial: str


@dataclass(frozen=True, slots=True)
class Nic:
    """One network card and its cable; `port` is both the switch port's and the tap device's name."""

    mac: str
    switch: str
    port: str
    model: NicModel
    vlan: int


@dataclass(frozen=True, slots=True)
class BmcAccess:
    """Where a machine's BMC answers, and to whom."""

    kind: BmcKind
    address: IPv4Address
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """One machine; the first NIC is the one that its firmware boots from."""

    name: str
    cpus: int
    memory_mib: int
    firmware: Firmware
    disks: tuple[Disk, ...]
    nics: tuple[Nic, ...]
    bmc: BmcAccess


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch; `mac` is its identity in LLDP and in `local_link_connection.switch_id`."""

    name: str
    mac: str


@dataclass(frozen=True, slots=True)
class DhcpRange:
    """The addresses that DHCP may hand out, both ends included."""

    start: IPv4Address
    end: IPv4Address


@dataclass(frozen=True, slots=True)
class Vlan:
    """One VLAN with its subnet; the gateway's address is where the rack's DHCP server answers."""

    id: int
    name: str
    role: VlanRole
    cidr: IPv4Network
    gateway: IPv4Address
    dhcp: DhcpRange

    @property
    def uplink(self) -> str:
        """The conductor host's interface in this VLAN."""
        return f"tor-{self.id}"


@dataclass(frozen=True, slots=True)
class Rack:
    """A whole rack, as one file describes it."""

    name: str
    machines: tuple[MachineSpec, ...]
    switches: tuple[Switch, ...]
    vlans: tuple[Vlan, ...]
    oob_cidr: IPv4Network

    @property
    def namespace(self) -> str:
        """The network namespace in which the whole rack lives."""
        return f"bessemer-{self.name}"

    @property
    def oob_host_address(self) -> IPv4Address:
        """The conductor host's own address in the out-of-band network: the first one."""
        return self.oob_cidr[1]

    def switch_mac(self, name: str) -> str:
        """The identity of the switch called `name`; `KeyError` if the rack has none of that name."""
        return {switch.name: switch.mac for switch in self.switches}[name]
