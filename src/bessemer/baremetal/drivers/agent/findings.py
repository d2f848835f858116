"""From a machine's inventory to the node's properties and ports; pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.agent.inventory import SMALLEST_ROOT_DISK, Machine, Nic
from bessemer.baremetal.drivers.agent.words import GIB

_NAMESPACE: Final = uuid.UUID("5f4cf6d4-1b5e-4c5e-8a5e-6d0b7d1f2c55")


@dataclass(frozen=True, slots=True)
class Findings:
    """What inspection changes. `ports` holds new and changed ones only; `notes` are for people."""

    properties: Mapping[str, Any]
    ports: tuple[Port, ...]
    notes: tuple[str, ...]


def findings(node: Node, ports: Sequence[Port], machine: Machine) -> Findings:
    """What the inventory changes of a node and its ports."""
    known = {port.address: port for port in ports}
    notes = list(machine.ignored)
    changed = []
    for nic in machine.nics:
        before = known.get(nic.mac)
        port = _with_cabling(before or _new_port(node, nic), nic, notes)
        boots = machine.boot_mac is None or nic.mac == machine.boot_mac
        pxe_enabled = boots if before is None else before.pxe_enabled or nic.mac == machine.boot_mac
        port = replace(port, pxe_enabled=pxe_enabled)
        if port != before:
            changed.append(port)
    seen = {nic.mac for nic in machine.nics}
    notes += [f"port {mac} was not seen and stays" for mac in known if mac not in seen]
    return Findings(properties(node, machine), tuple(changed), tuple(notes))


def properties(node: Node, machine: Machine) -> dict[str, Any]:
    """The node's properties with what was found; what was not told stays as it is.

    `local_gb` is the root disk's size in GiB less one, as in Ironic.
    """
    found = {
        "cpus": machine.cpus,
        "memory_mb": machine.memory_mb,
        "cpu_arch": machine.cpu_arch,
        "local_gb": _local_gb(node, machine),
    }
    told = {key: value for key, value in found.items() if value is not None}
    if machine.boot_mode is not None:
        capabilities = {**node.capabilities, "boot_mode": machine.boot_mode}
        told["capabilities"] = ",".join(f"{key}:{value}" for key, value in capabilities.items())
    return {**node.properties, **told}


def _local_gb(node: Node, machine: Machine) -> int | None:
    size = machine.root_disk_size
    if size is None and not node.properties.get("root_device"):
        # The agent's own choice without hints: the smallest disk of 4 GiB or more.
        size = min((s for s in machine.disk_sizes if s >= SMALLEST_ROOT_DISK), default=None)
    return None if size is None else max(0, size // GIB - 1)


def _new_port(node: Node, nic: Nic) -> Port:
    """Its uuid follows from node and MAC, so that a step that is run again adds it once."""
    ident = uuid.uuid5(_NAMESPACE, f"{node.uuid}/{nic.mac}")
    extra = {"client-id": nic.client_id} if nic.client_id else {}
    return Port(uuid=str(ident), node_uuid=node.uuid, address=nic.mac, extra=extra)


def _with_cabling(port: Port, nic: Nic, notes: list[str]) -> Port:
    """LLDP tells where the cable is now; what an operator wrote may be older than the last move."""
    other = nic.neighbour
    if other.switch_id is None or other.port_id is None:
        if not port.local_link_connection:
            notes.append(f"{nic.name} ({nic.mac}) heard no LLDP that names a switch port")
        return port
    told = {"switch_id": other.switch_id, "port_id": other.port_id}
    if other.system_name is not None:
        told["switch_info"] = other.system_name
    before = port.local_link_connection
    differing = [key for key in told if before.get(key) not in (None, "", told[key])]
    notes += [
        f"{nic.name} ({nic.mac}): {key} was {before[key]}, LLDP says {told[key]}"
        for key in differing
    ]
    return replace(port, local_link_connection={**before, **told})
