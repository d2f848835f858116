"""Every knob of the network room."""

from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

NO_TIME: Final = timedelta(0)
ProgramName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class SwitchSettings(BaseModel):
    """One switch under our control: a table `[network.switches.<name>]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: Literal["openvswitch", "fake"] = Field(
        "openvswitch", description="how to talk to it; fake: a switch in memory, for development"
    )
    switch_id: str = Field(description="its MAC, as in local_link_connection.switch_id")
    ovsdb: str = Field(
        "unix:/run/openvswitch/db.sock", description="OVSDB remote: unix:PATH or tcp:HOST:PORT"
    )
    bridge: str = Field("tor", description="the bridge whose ports are the switch ports")
    parked_vlan: int = Field(4094, ge=1, le=4094, description="VLAN of ports in no network")
    timeout: timedelta = Field(
        timedelta(seconds=10),
        gt=NO_TIME,
        description="how long one exchange with the switch may take",
    )


class LentAddresses(BaseModel):
    """What unknown machines get: a table `[network.unknown_machines.<network>]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: IPv4Address = Field(description="first address that is lent")
    last: IPv4Address = Field(description="last address that is lent")
    boot_script: str = Field(
        "http://{address}:6386/boot/ipxe/${netX/mac}",
        max_length=200,
        pattern=r"^https?://[!-~]+$",
        description="what iPXE loads there; {address} is the server's own",
    )


class NetworkSettings(BaseModel):
    """Section `[network]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    switches: dict[str, SwitchSettings] = Field(
        default_factory=dict, description="the switches, by name"
    )
    physical_network: str = Field(
        "physnet1", description="provider:physical_network of networks whose maker names none"
    )
    tenant_vlans: tuple[tuple[int, int], ...] = Field(
        ((1000, 1999),),
        description="VLANs, as first and last, given to networks whose maker names none",
    )
    host_interface: str = Field(
        "tor-{vlan}", description="this host's interface in a VLAN; {vlan} is the number"
    )
    dhcp: Literal["dnsmasq", "none"] = Field(
        "dnsmasq", description="who serves DHCP; with none there is no TFTP either"
    )
    infrastructure: tuple[str, ...] = Field(
        ("provisioning", "cleaning", "inspection"),
        description="networks of the cloud's own: served in the server's own network namespace",
    )
    unknown_machines: dict[str, LentAddresses] = Field(
        default_factory=dict,
        description="infrastructure networks, by name, on which DHCP also answers machines that "
        "no port is known of (for auto-discovery), and what it lends them: addresses within a "
        "subnet, outside its allocation pools",
    )
    tftp_root: Path = Field(
        Path("/usr/lib/ipxe"), description="folder with iPXE's network boot programs"
    )
    loader_folders: tuple[Path, ...] = Field(
        (Path("/usr/lib/PXELINUX"), Path("/usr/lib/syslinux/modules/bios")),
        description="folders with PXELINUX, for boot interface pxe on BIOS machines",
    )
    grub_modules: Path = Field(
        Path("/usr/lib/grub/x86_64-efi"),
        description="folder with GRUB's modules, for boot interfaces pxe (UEFI) and http",
    )
    boot_programs: tuple[ProgramName, ...] = Field(
        (),
        description="further network boot programs to serve, from tftp_root or loader_folders",
    )
    state_directory: Path | None = Field(
        None, description="dnsmasq's files; by default below the server's state directory"
    )
    dhcp_lease_time: timedelta = Field(
        timedelta(minutes=30), gt=NO_TIME, description="length of DHCP leases"
    )
    resync_interval: timedelta = Field(
        timedelta(seconds=30),
        gt=NO_TIME,
        description="pause between looks for drift on the switches",
    )

    @field_validator("tenant_vlans")
    @classmethod
    def _are_vlans(cls, ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        for first, last in ranges:
            if not 1 <= first <= last <= 4094:
                raise ValueError(
                    f"{first} to {last} is no range of VLANs: first and last are from 1 to 4094"
                )
        return ranges

    @field_validator("host_interface")
    @classmethod
    def _knows_only_the_vlan(cls, pattern: str) -> str:
        try:
            longest = pattern.format(vlan=4094)
        except (LookupError, ValueError) as error:
            raise ValueError(f"{pattern!r} may hold {{vlan}} and no other braces") from error
        if not 1 <= len(longest) <= 15:
            raise ValueError(f"{longest!r} is no name of an interface: those have 1 to 15 letters")
        return pattern
