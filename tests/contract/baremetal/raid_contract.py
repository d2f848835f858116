"""What every RAID plug-in must do."""

from dataclasses import replace
from typing import Any

import pytest
from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.provision.work import Done, Failed
from bessemer.baremetal.interfaces.raid import RaidInterface
from bessemer.errors import Invalid

ROOT = {"size_gb": 100, "raid_level": "1", "volume_name": "root", "is_root_volume": True}
DATA = {"size_gb": "MAX", "raid_level": "5", "volume_name": "data"}
TARGET: dict[str, Any] = {"logical_disks": [ROOT, DATA]}


def volumes(task: MemoryTask) -> list[str]:
    """Names of the logical disks that the node is known to have."""
    return [disk["volume_name"] for disk in task.node.raid_config.get("logical_disks", [])]


class RaidContract:
    """Subclasses give the fixtures `raid` and `task`: a node with unused disks."""

    @pytest.fixture
    def wishing(self, task: MemoryTask) -> MemoryTask:
        task.node = replace(task.node, target_raid_config=TARGET)
        return task

    @pytest.mark.parametrize(
        ("wanted", "made"),
        [
            ({}, ["root", "data"]),
            ({"create_root_volume": False}, ["data"]),
            ({"create_nonroot_volumes": False}, ["root"]),
        ],
    )
    async def test_what_is_wished_for_is_made_once(
        self, raid: RaidInterface, wishing: MemoryTask, wanted: dict[str, bool], made: list[str]
    ) -> None:
        for _ in range(2):
            done = await run_to_end(wishing, raid, "create_configuration", **wanted)
            assert isinstance(done, Done)
            assert volumes(wishing) == made

    async def test_without_a_wish_nothing_is_made(
        self, raid: RaidInterface, task: MemoryTask
    ) -> None:
        outcome = await run_to_end(task, raid, "create_configuration")
        assert isinstance(outcome, Failed)
        assert "target_raid_config" in outcome.reason

    async def test_what_there_is_goes_only_with_leave(
        self, raid: RaidInterface, wishing: MemoryTask
    ) -> None:
        await run_to_end(wishing, raid, "create_configuration")
        assert wishing.destruction_permitted == 0
        for _ in range(2):
            assert isinstance(await run_to_end(wishing, raid, "delete_configuration"), Done)
            assert volumes(wishing) == []
        assert wishing.destruction_permitted == 2

    async def test_a_given_configuration_replaces_what_there_is(
        self, raid: RaidInterface, wishing: MemoryTask
    ) -> None:
        await run_to_end(wishing, raid, "create_configuration")
        given = {"logical_disks": [{**DATA, "volume_name": "other"}]}
        for _ in range(2):
            done = await run_to_end(wishing, raid, "apply_configuration", raid_config=given)
            assert isinstance(done, Done)
            assert volumes(wishing) == ["other"]
        assert wishing.destruction_permitted == 2

    @pytest.mark.parametrize(
        ("config", "words"),
        [
            ({}, "logical_disks"),
            ({"logical_disks": {}}, "a list of objects"),
            ({"logical_disks": [1]}, "logical_disks/0 must be an object"),
            ({"logical_disks": [{"raid_level": "1"}]}, "logical_disks/0 needs size_gb"),
            ({"logical_disks": [{**ROOT, "raid_level": "7"}]}, "logical_disks/0/raid_level"),
            ({"logical_disks": [{**ROOT, "size_gb": 0}]}, "logical_disks/0/size_gb"),
            ({"logical_disks": [{**ROOT, "size_gb": True}]}, "logical_disks/0/size_gb"),
            ({"logical_disks": [{**ROOT, "colour": "red"}]}, "no key 'colour'"),
            ({"logical_disks": [ROOT, ROOT]}, "only one logical disk with is_root_volume"),
            ({**TARGET, "x": 1}, "no key 'x'"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(
        self, raid: RaidInterface, task: MemoryTask, config: dict[str, Any], words: str
    ) -> None:
        raid.validate_raid_config(task.node, TARGET)
        raid.validate_raid_config(task.node, {"logical_disks": []})
        with pytest.raises(Invalid, match=words):
            raid.validate_raid_config(task.node, config)

    def test_every_key_is_described(self, raid: RaidInterface) -> None:
        described = raid.logical_disk_properties()
        assert {*ROOT, *DATA} <= set(described)
        assert all(words.endswith(".") for words in described.values())
