"""What every BIOS plug-in must do."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.bios import BiosInterface
from bessemer.errors import Invalid


def values(task: MemoryTask) -> dict[str, str | None]:
    """What was kept last, by name."""
    return {each.name: each.value for each in task.bios_settings}


class BiosContract:
    """Subclasses give the fixtures `bios`, `task`, `change`: settings that it may take, and
    `unfit`: settings that it must refuse."""

    async def test_what_is_read_is_kept(self, bios: BiosInterface, task: MemoryTask) -> None:
        await bios.cache_bios_settings(task)
        assert values(task)

    async def test_a_change_is_there_afterwards_however_often_it_is_made(
        self, bios: BiosInterface, task: MemoryTask, change: Mapping[str, str]
    ) -> None:
        await bios.cache_bios_settings(task)
        before = values(task)
        settings = [{"name": name, "value": value} for name, value in change.items()]
        for _ in range(2):
            done = await run_to_end(task, bios, "apply_configuration", settings=settings)
            assert isinstance(done, Done)
            assert values(task) == {**before, **change}

    async def test_a_reset_brings_back_what_was_delivered(
        self, bios: BiosInterface, task: MemoryTask, change: Mapping[str, str]
    ) -> None:
        await bios.cache_bios_settings(task)
        before = values(task)
        settings = [{"name": name, "value": value} for name, value in change.items()]
        await run_to_end(task, bios, "apply_configuration", settings=settings)
        for _ in range(2):
            assert isinstance(await run_to_end(task, bios, "factory_reset"), Done)
            assert values(task) == before

    async def test_what_does_not_fit_is_refused_whole(
        self, bios: BiosInterface, task: MemoryTask, change: Mapping[str, str], unfit: Any
    ) -> None:
        await bios.cache_bios_settings(task)
        before = values(task)
        settings = [{"name": name, "value": value} for name, value in change.items()]
        with pytest.raises(Invalid):
            await bios.apply_configuration(task, settings=[*settings, unfit])
        await bios.cache_bios_settings(task)
        assert values(task) == before
