"""Reads a rack file (YAML) into a `Rack`, or says which field is wrong and what is allowed there."""

from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Final

import yaml

from bessemer_lab.errors import RackFileError
from bessemer_lab.fields import Fields
from bessemer_lab.rack import (
    PARKED_VLAN,
    BmcAccess,
    BmcKind,
    Bus,
    DhcpRange,
    Disk,
    Firmware,
    MachineSpec,
    Nic,
    NicModel,
    Rack,
    Switch,
    Vlan,
    VlanRole,
)

NAME: Final = r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?"
NAME_RULE: Final = "must be 1 to 24 lower-case letters, digits and inner dashes"
# Linux allows 15 characters in an interface's name; ports and switches are interfaces here.
INTERFACE: Final = r"(?!tor-|oob$|lo$|ovs-)[A-Za-z0-9][A-Za-z0-9._-]{0,14}"
INTERFACE_RULE: Final = (
    "must be 1 to 15 letters, digits, dots, dashes or underscores,"
    " and not begin with tor- or ovs-, nor be lo or oob"
)
MOST_DISKS: Final = 6
"""The emulated chipset has six SATA ports."""
SERIAL: Final = r"[A-Za-z0-9_-]{1,20}"
PRINTABLE: Final = r"[!-~]{1,%d}"


def read_rack(path: Path) -> Rack:
    """Read and check the rack file at `path`; raise `RackFileError` with its name and the field."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return parse_rack(document)
    except OSError as error:
        raise RackFileError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RackFileError(f"{path}: is not YAML: {error}") from error
    except RackFileError as error:
        raise RackFileError(f"{path}: {error}") from None


def parse_rack(document: object) -> Rack:
    """Turn a parsed YAML document into a `Rack`; raise `RackFileError` naming the wrong field."""
    fields = Fields(document, "", ("name", "switches", "vlans", "oob", "machines"))
    oob_cidr = Fields(fields.values.get("oob"), "oob", ("cidr",)).network("cidr")
    rack = Rack(
        name=fields.text("name", NAME, NAME_RULE),
        switches=tuple(_switch(item, path) for item, path in fields.items("switches", 1)),
        vlans=tuple(_vlan(item, path) for item, path in fields.items("vlans", 1)),
        machines=tuple(
            _machine(item, path, oob_cidr) for item, path in fields.items("machines", 1)
        ),
        oob_cidr=oob_cidr,
    )
    _check_whole(rack)
    return rack


def _switch(item: object, path: str) -> Switch:
    fields = Fields(item, path, ("name", "mac"))
    return Switch(fields.text("name", INTERFACE, INTERFACE_RULE), fields.mac("mac"))


def _vlan(item: object, path: str) -> Vlan:
    fields = Fields(item, path, ("id", "name", "role", "cidr", "gateway", "dhcp"))
    cidr = fields.network("cidr")
    dhcp = Fields(fields.values.get("dhcp"), f"{path}.dhcp", ("start", "end"))
    span = DhcpRange(dhcp.address("start", cidr), dhcp.address("end", cidr))
    gateway = fields.address("gateway", cidr)
    if span.end < span.start:
        dhcp.refuse("end", f"must not be before the start, {span.start}")
    if span.start <= gateway <= span.end:
        fields.refuse("gateway", f"must lie outside the DHCP range {span.start} to {span.end}")
    return Vlan(
        id=fields.integer("id", 1, PARKED_VLAN - 1),
        name=fields.text("name", NAME, NAME_RULE),
        role=fields.choice("role", VlanRole),
        cidr=cidr,
        gateway=gateway,
        dhcp=span,
    )


def _machine(item: object, path: str, oob: IPv4Network) -> MachineSpec:
    allowed = ("name", "cpus", "memory_mib", "firmware", "disks", "nics", "bmc")
    fields = Fields(item, path, allowed)
    name = fields.text("name", NAME, NAME_RULE)
    disks = enumerate(fields.items("disks", 1, MOST_DISKS))
    return MachineSpec(
        name=name,
        cpus=fields.integer("cpus", 1, 64),
        memory_mib=fields.integer("memory_mib", 256, 1024 * 1024),
        firmware=fields.choice("firmware", Firmware),
        disks=tuple(_disk(disk, where, f"{name[:15]}-d{index}") for index, (disk, where) in disks),
        nics=tuple(_nic(nic, where) for nic, where in fields.items("nics", 1)),
        bmc=_bmc(fields.values.get("bmc"), f"{path}.bmc", oob),
    )


def _disk(item: object, path: str, serial: str) -> Disk:
    fields = Fields(item, path, ("size_gib", "bus", "serial"))
    rule = "must be 1 to 20 letters, digits, dashes or underscores"
    return Disk(
        size_gib=fields.integer("size_gib", 1, 65536),
        bus=fields.choice("bus", Bus, Bus.VIRTIO),
        serial=fields.text("serial", SERIAL, rule, serial),
    )


def _nic(item: object, path: str) -> Nic:
    fields = Fields(item, path, ("mac", "switch", "port", "model", "vlan"))
    return Nic(
        mac=fields.mac("mac"),
        switch=fields.text("switch", INTERFACE, "must be the name of one of the switches"),
        port=fields.text("port", INTERFACE, INTERFACE_RULE),
        model=fields.choice("model", NicModel, NicModel.VIRTIO),
        vlan=fields.integer("vlan", 1, PARKED_VLAN, PARKED_VLAN),
    )


def _bmc(item: object, path: str, oob: IPv4Network) -> BmcAccess:
    fields = Fields(item, path, ("kind", "address", "username", "password"))
    # IPMI 2.0 table 13-10 and section 22.30: names up to 16 bytes, passwords up to 20.
    return BmcAccess(
        kind=fields.choice("kind", BmcKind),
        address=fields.address("address", oob),
        username=fields.text("username", PRINTABLE % 16, "must be 1 to 16 printable characters"),
        password=fields.text("password", PRINTABLE % 20, "must be 1 to 20 printable characters"),
    )


def _check_whole(rack: Rack) -> None:
    machines = [(f"machines[{index}]", machine) for index, machine in enumerate(rack.machines)]
    nics = [
        (f"{path}.nics[{index}]", nic)
        for path, machine in machines
        for index, nic in enumerate(machine.nics)
    ]
    switches = [(f"switches[{index}]", switch) for index, switch in enumerate(rack.switches)]
    vlans = [(f"vlans[{index}]", vlan) for index, vlan in enumerate(rack.vlans)]
    _unique((f"{path}.name", machine.name) for path, machine in machines)
    _unique(
        [
            ("oob (its first address is the conductor host's)", rack.oob_host_address),
            *((f"{path}.bmc.address", machine.bmc.address) for path, machine in machines),
        ]
    )
    macs = [(f"{path}.mac", switch.mac) for path, switch in switches]
    _unique([*macs, *((f"{path}.mac", nic.mac) for path, nic in nics)])
    _unique(
        [
            *((f"{path}.name", switch.name) for path, switch in switches),
            *((f"{path}.port", nic.port) for path, nic in nics),
        ]
    )
    _unique((f"{path}.id", vlan.id) for path, vlan in vlans)
    _unique((f"{path}.name", vlan.name) for path, vlan in vlans)
    _check_cables(rack, nics)
    _check_overlaps([("oob.cidr", rack.oob_cidr), *((f"{p}.cidr", v.cidr) for p, v in vlans)])


def _unique(places: Iterable[tuple[str, object]]) -> None:
    seen: dict[object, str] = {}
    for path, value in places:
        if value in seen:
            raise RackFileError(f"{path}: '{value}' is already used by {seen[value]}")
        seen[value] = path


def _check_cables(rack: Rack, nics: list[tuple[str, Nic]]) -> None:
    switches = [switch.name for switch in rack.switches]
    vlans = [PARKED_VLAN, *(vlan.id for vlan in rack.vlans)]
    for path, nic in nics:
        if nic.switch not in switches:
            known = ", ".join(switches)
            raise RackFileError(f"{path}.switch: '{nic.switch}' is not a switch; there is: {known}")
        if nic.vlan not in vlans:
            known = ", ".join(map(str, vlans))
            raise RackFileError(f"{path}.vlan: {nic.vlan} is not a VLAN; there is: {known}")


def _check_overlaps(networks: list[tuple[str, IPv4Network]]) -> None:
    for index, (path, network) in enumerate(networks):
        for other_path, other in networks[:index]:
            if network.overlaps(other):
                raise RackFileError(f"{path}: {network} overlaps {other_path}, {other}")
