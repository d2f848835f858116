"""Rescue of fake machines: the steps of a real one, in which nothing is booted."""

from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.fake.play import played
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.rescue import RescueInterface
from bessemer.baremetal.interfaces.task import Task


class FakeRescue(FakePlugin, RescueInterface):
    """Named "fake". The power is left as it is."""

    @step()
    async def rescue(self, task: Task) -> Outcome:
        """Note that the fake rescue ramdisk runs."""
        before = await played(task, "rescue.rescue", self._now)
        if before is not None:
            return before
        await self._remember(task.node, "rescued", True)
        return Done("the fake rescue ramdisk runs")

    @step()
    async def unrescue(self, task: Task) -> Outcome:
        """Take the note away."""
        before = await played(task, "rescue.unrescue", self._now)
        if before is not None:
            return before
        await self.clean_up(task)
        return Done("the fake machine runs its own system")

    async def clean_up(self, task: Task) -> None:
        await self._remember(task.node, "rescued", False)
