"""RAID interface `agent`: which configurations it refuses, and by which words."""

import pytest
from tests.baremetal_task import a_node

from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.raid import AgentRaid
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

MIRROR = {"size_gb": "MAX", "raid_level": "1"}
PARITY = {"size_gb": 100, "raid_level": "5"}


@pytest.fixture
async def raid():
    client = AgentClient()
    yield AgentRaid(client, BareMetalSettings())
    await client.close()


@pytest.mark.parametrize(
    "disks",
    [
        [],
        [MIRROR],
        [MIRROR, PARITY],
        [PARITY, {**MIRROR, "is_root_volume": True}],
        [MIRROR, {**PARITY, "raid_level": "1+0", "controller": "software"}],
    ],
)
async def test_what_it_can_do_is_accepted(raid, disks):
    config = {"logical_disks": disks}
    raid.validate_raid_config(a_node(), config)
    raid.validate(a_node(target_raid_config=config), ())


@pytest.mark.parametrize(
    ("disks", "words"),
    [
        ([{"raid_level": "1"}], "logical_disks/0 needs size_gb"),
        ([PARITY], "must have raid_level 1"),
        ([MIRROR, {**PARITY, "is_root_volume": True}], "must have raid_level 1"),
        ([MIRROR, PARITY, PARITY], "at most 2 logical disks"),
        ([MIRROR, {**PARITY, "raid_level": "5+0"}], "logical_disks/1/raid_level must be one of"),
        ([{**MIRROR, "controller": "megaraid"}], "logical_disks/0/controller"),
        ([{**MIRROR, "share_physical_disks": True}], "logical_disks/0/share_physical_disks"),
        ([MIRROR, {**PARITY, "raid_level": "0"}], "logical_disks/1/size_gb must be MAX"),
    ],
)
async def test_what_it_cannot_do_is_refused_by_name(raid, disks, words):
    node = a_node(target_raid_config={"logical_disks": disks})
    for refusing in (
        lambda: raid.validate_raid_config(node, node.target_raid_config),
        lambda: raid.validate(node, ()),
    ):
        with pytest.raises(Invalid, match=words):
            refusing()
