"""What every rescue plug-in must do."""

from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.rescue import RescueInterface


class RescueContract:
    """Subclasses give the fixtures `rescue` and `task`: a node with an instance and a password."""

    async def test_there_and_back_each_step_twice(
        self, rescue: RescueInterface, task: MemoryTask
    ) -> None:
        for name in ("rescue", "unrescue"):
            for _ in range(2):
                assert isinstance(await run_to_end(task, rescue, name), Done)

    async def test_the_disk_is_left_alone(self, rescue: RescueInterface, task: MemoryTask) -> None:
        await run_to_end(task, rescue, "rescue")
        assert task.destruction_permitted == 0

    async def test_cleaning_up_needs_nothing_to_have_begun(
        self, rescue: RescueInterface, task: MemoryTask
    ) -> None:
        for _ in range(2):
            await rescue.clean_up(task)
