"""The disks of this node, seen through the node's own wishes (root device hints, skip list)."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bessemer_agent.disks.disk import Disk, list_disks
from bessemer_agent.disks.root_device import choose_root_device, usable_disks
from bessemer_agent.kernel_parameters import Parameters
from bessemer_agent.machine import Machine

LOG = logging.getLogger(__name__)


class NodeDisks:
    """`node` is the conductor's newest description of the node."""

    def __init__(self, machine: Machine, parameters: Parameters, node: Mapping[str, Any]) -> None:
        self._machine, self._parameters = machine, parameters
        self._node = node
        self._pause = threading.Event()  # never set: pauses between looks at the hardware

    def learn(self, node: Mapping[str, Any]) -> None:
        """Commands bring the node along; what lookup said may be out of date by then."""
        if node:
            self._node = node

    def root_device(self) -> Disk:
        """Raises DiskUnsuitable, InvalidParameters."""
        return choose_root_device(self._present(), self._node)

    def erasable(self) -> list[Disk]:
        """All that may be erased: not the skipped ones, read-only ones, virtual media."""
        return [disk for disk in usable_disks(self._present(), self._node) if disk.is_writable]

    def path_of(self, disk: Disk) -> Path:
        return self._machine.root / disk.name.lstrip("/")

    def _present(self) -> list[Disk]:
        """Controllers find disks late: look again, as long as there is none at all (bounded)."""
        for _ in range(self._parameters.disk_wait_attempts):
            disks = list_disks(self._machine.root)
            if disks:
                return disks
            LOG.info("No disk yet")
            self._pause.wait(self._parameters.disk_wait_delay_s)
        return list_disks(self._machine.root)
