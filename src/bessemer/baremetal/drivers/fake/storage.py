"""Storage of fake machines: volumes are noted as attached, and nothing else happens."""

from collections.abc import Mapping
from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.domain.san import SanBoot, SanVolume
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.drivers.fake.play import PROPERTIES, played
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.storage import StorageInterface
from bessemer.baremetal.interfaces.task import Task

_SAN: Final = SanBoot(
    "iqn.2026-11.test.fake:machine",
    (SanVolume(("iscsi:192.0.2.1::3260:0:iqn.2026-11.test.fake:volume",)),),
)
"""A volume that there is not, at an address for documentation (RFC 5737)."""


class FakeStorage(FakePlugin, StorageInterface):
    """Named "fake"."""

    def properties(self) -> Mapping[str, str]:
        return {
            **PROPERTIES,
            "fake_boots_from_volume": "true: no image is written to a disk. Default: false.",
        }

    @step()
    async def attach_volumes(self, task: Task) -> Outcome:
        """Note it, and where the node's instance is."""
        before = await played(task, "storage.attach_volumes", self._now)
        if before is not None:
            return before
        await self._remember(task.node, "volumes_attached", True)
        boot = None if self.should_write_image(task.node, Volumes()) else {"san": _SAN.as_json()}
        await task.save(task.node.with_internal(**{INSTANCE_BOOT: boot}))
        return Done("the fake volumes are attached")

    @step()
    async def detach_volumes(self, task: Task) -> Outcome:
        """Take the note away."""
        before = await played(task, "storage.detach_volumes", self._now)
        if before is not None:
            return before
        await self._remember(task.node, "volumes_attached", False)
        return Done("the fake volumes are detached")

    def should_write_image(self, node: Node, volumes: Volumes) -> bool:
        return node.driver_info.get("fake_boots_from_volume") is not True
