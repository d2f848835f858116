"""RAID of fake machines: what is ordered is there at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.domain.raid import wanted_volumes
from bessemer.baremetal.drivers.fake.play import played
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.raid import APPLICATION, CREATION, RaidInterface
from bessemer.baremetal.interfaces.task import Task


class FakeRaid(FakePlugin, RaidInterface):
    """Named "fake". Nothing is kept but `node.raid_config`."""

    @step("clean", "service", arguments=CREATION)
    async def create_configuration(
        self,
        task: Task,
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = False,
    ) -> Outcome:
        """Those of the node's target that are wanted, beside or in place of what is there."""
        before = await played(task, "raid.create_configuration", self._now)
        if before is not None:
            return before
        if not task.node.target_raid_config:
            return Failed(
                f"Node {task.node.uuid} has no target_raid_config; set it "
                "(PUT /v1/nodes/{node}/states/raid), then clean again."
            )
        volumes = wanted_volumes(
            task.node.target_raid_config, root=create_root_volume, others=create_nonroot_volumes
        )
        return await self._make(task, volumes, delete_existing=delete_existing)

    @step("clean", "service")
    async def delete_configuration(self, task: Task) -> Outcome:
        """No logical disk is left."""
        before = await played(task, "raid.delete_configuration", self._now)
        if before is not None:
            return before
        await task.permit_destruction()
        await task.save(replace(task.node, raid_config={}))
        return Done("no logical disk is left")

    @step("deploy", "service", arguments=APPLICATION)
    async def apply_configuration(
        self,
        task: Task,
        raid_config: Mapping[str, Any],
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = True,
    ) -> Outcome:
        """As `create_configuration`, of what is given."""
        self.validate_raid_config(task.node, raid_config)
        before = await played(task, "raid.apply_configuration", self._now)
        if before is not None:
            return before
        volumes = wanted_volumes(
            raid_config, root=create_root_volume, others=create_nonroot_volumes
        )
        return await self._make(task, volumes, delete_existing=delete_existing)

    async def _make(
        self, task: Task, volumes: Mapping[str, Mapping[str, Any]], *, delete_existing: bool
    ) -> Outcome:
        if delete_existing:
            await task.permit_destruction()
        there = [] if delete_existing else task.node.raid_config.get("logical_disks", [])
        # By name, so that a second run makes nothing twice.
        disks = {**{disk["volume_name"]: disk for disk in there}, **volumes}
        config = {
            "logical_disks": list(disks.values()),
            "last_updated": self._now().replace(tzinfo=None).isoformat(),
        }
        await task.save(replace(task.node, raid_config=config))
        return Done(f"logical disks: {', '.join(disks) or 'none'}")
