"""The disks of this node, seen through the node's own wishes (root device hints, skip list)."""

import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bessemer_agent.command_failed import DiskUnsuitable
from bessemer_agent.disks.disk import Disk, list_disks
from bessemer_agent.disks.root_device import choose_root_device, usable_disks
from bessemer_agent.disks.software_raid import Array, SoftwareRaid
from bessemer_agent.kernel_parameters import Parameters
from bessemer_agent.machine import Machine

LOG = logging.getLogger(__name__)


class NodeDisks:
    """`node` is the conductor's newest description of the node."""

    def __init__(self, machine: Machine, parameters: Parameters, node: Mapping[str, Any]) -> None:
        self._machine, self._parameters = machine, parameters
        self._node = node
        self._raid = SoftwareRaid(machine)
        self._pause = threading.Event()  # never set: pauses between looks at the hardware

    def learn(self, node: Mapping[str, Any]) -> None:
        """Commands bring the node along; what lookup said may be out of date by then."""
        if node:
            self._node = node

    @property
    def driver_info(self) -> Mapping[str, Any]:
        """The node's `agent_*` knobs."""
        return self._node.get("driver_info") or {}

    def root_device(self) -> Disk:
        """Raises DiskUnsuitable, InvalidParameters."""
        return choose_root_device(self._present(), self._node)

    def erasable(self) -> list[Disk]:
        """All that may be erased: not the skipped ones, read-only ones, virtual media."""
        return [disk for disk in usable_disks(self._present(), self._node) if disk.is_writable]

    def path_of(self, disk: Disk) -> Path:
        return self._machine.root / disk.name.lstrip("/")

    def target_raid_config(self) -> Any:
        """What the conductor wants the disks to become."""
        return self._node.get("target_raid_config")

    def create_logical_disks(self, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put disks together that are in no array yet. Raises CommandFailed."""
        if there := [array.disk.name for array in self._arrays()]:
            raise DiskUnsuitable(
                f"there are logical disks already ({', '.join(there)}): delete them first by the "
                "step raid.delete_configuration, or with delete_existing"
            )
        return self._raid.create(wanted, self.erasable())

    def delete_logical_disks(self) -> list[str]:
        """Take all arrays apart; the disks that are free again. Raises CommandFailed."""
        self._arrays()
        return self._raid.delete()

    def _arrays(self) -> list[Array]:
        found = self._raid.arrays()
        if found:
            return found
        self._raid.assemble()
        return self._raid.arrays()

    def _present(self) -> list[Disk]:
        """Arrays stand for the disks that they are made of."""
        disks = self._physical()
        arrays = self._arrays()
        members = {name for array in arrays for name in array.members}
        rest = [disk for disk in disks if disk.name not in members]
        return [*rest, *(array.disk for array in arrays)]

    def _physical(self) -> list[Disk]:
        """Controllers find disks late: look again, as long as there is none at all (bounded)."""
        for _ in range(self._parameters.disk_wait_attempts):
            disks = list_disks(self._machine.root)
            if disks:
                return disks
            LOG.info("No disk yet")
            self._pause.wait(self._parameters.disk_wait_delay_s)
        return list_disks(self._machine.root)
