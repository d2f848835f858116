"""What every firmware plug-in must do."""

from typing import Any

import pytest
from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.firmware import FirmwareInterface
from bessemer.errors import Invalid


def versions(task: MemoryTask) -> dict[str, str | None]:
    """What was kept last, by component."""
    return {each.component: each.current_version for each in task.firmware_components}


class FirmwareContract:
    """Subclasses give the fixtures `firmware`, `task`, `image`: settings of one component whose
    version becomes 2.1.0, and `unfit`: settings that it must refuse."""

    async def test_what_is_read_is_kept(
        self, firmware: FirmwareInterface, task: MemoryTask
    ) -> None:
        await firmware.cache_firmware_components(task)
        assert all(versions(task).values())

    async def test_an_update_changes_its_component_only(
        self, firmware: FirmwareInterface, task: MemoryTask, image: dict[str, Any]
    ) -> None:
        await firmware.cache_firmware_components(task)
        before = versions(task)
        for _ in range(2):
            done = await run_to_end(task, firmware, "update", settings=[image])
            assert isinstance(done, Done)
            assert versions(task) == {**before, image["component"]: "2.1.0"}
        flashed = {each.component: each.last_version_flashed for each in task.firmware_components}
        assert flashed[image["component"]] == "2.1.0"

    async def test_what_does_not_fit_is_refused_whole(
        self,
        firmware: FirmwareInterface,
        task: MemoryTask,
        image: dict[str, Any],
        unfit: dict[str, Any],
    ) -> None:
        await firmware.cache_firmware_components(task)
        before = versions(task)
        with pytest.raises(Invalid):
            await firmware.update(task, [image, unfit])
        await firmware.cache_firmware_components(task)
        assert versions(task) == before
