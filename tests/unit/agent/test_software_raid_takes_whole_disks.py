"""Which disks become which logical disk, and which wishes are refused before anything is touched."""

import pytest

from bessemer_agent.command_failed import DiskUnsuitable, InvalidParameters
from bessemer_agent.disks.disk import Disk
from bessemer_agent.disks.software_raid import check_wanted, choose_members

GIB = 1 << 30
DISKS = [Disk(f"/dev/sd{letter}", 10 * GIB, serial=f"s-{letter}") for letter in "abcde"]
MIRROR = {"size_gb": "MAX", "raid_level": "1"}
STRIPE = {"size_gb": "MAX", "raid_level": "0"}


def names(*wanted, disks=DISKS):
    return ["".join(disk.name[-1] for disk in members) for members in choose_members(wanted, disks)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([MIRROR], ["abcde"]),
        ([MIRROR, STRIPE], ["ab", "cde"]),
        ([{**MIRROR, "number_of_physical_disks": 3}, STRIPE], ["abc", "de"]),
        ([{**MIRROR, "physical_disks": ["/dev/sdd", "/dev/sde"]}, STRIPE], ["de", "abc"]),
        ([{**MIRROR, "physical_disks": [{"serial": "s-b"}, {"serial": "s-c"}]}], ["bc"]),
        ([{**STRIPE, "raid_level": "1+0"}], ["abcde"]),
    ],
)
def test_logical_disks_share_no_disk(wanted, expected):
    assert names(*wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ([MIRROR], 1),
        ([MIRROR, STRIPE], 3),
        ([{**MIRROR, "raid_level": "5"}], 2),
        ([{**MIRROR, "raid_level": "6"}], 3),
        ([{**MIRROR, "number_of_physical_disks": 4}], 3),
        ([{**MIRROR, "physical_disks": ["/dev/sdz"]}], 5),
    ],
)
def test_too_few_disks_are_refused_by_number(wanted, count):
    with pytest.raises(DiskUnsuitable, match=r"needs [234] disks"):
        names(*wanted, disks=DISKS[:count])


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"logical_disks": []},
        {"logical_disks": [1]},
        {"logical_disks": [{**MIRROR, "raid_level": "5+0"}]},
        {"logical_disks": [{**MIRROR, "size_gb": 0}]},
        {"logical_disks": [{**MIRROR, "size_gb": True}]},
        {"logical_disks": [{**STRIPE, "size_gb": 10}]},
    ],
)
def test_what_it_cannot_make_is_refused(config):
    with pytest.raises(InvalidParameters):
        check_wanted(config)
