"""What every storage plug-in must do."""

from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.storage import StorageInterface


class StorageContract:
    """Subclasses give the fixtures `storage` and `task`: a node that boots from its own disk."""

    async def test_volumes_come_and_go_each_step_twice(
        self, storage: StorageInterface, task: MemoryTask
    ) -> None:
        for name in ("attach_volumes", "detach_volumes", "detach_volumes", "attach_volumes"):
            for _ in range(2):
                assert isinstance(await run_to_end(task, storage, name), Done)

    async def test_the_image_goes_onto_the_machines_own_disk(
        self, storage: StorageInterface, task: MemoryTask
    ) -> None:
        assert storage.should_write_image(task.node, await task.volumes())
