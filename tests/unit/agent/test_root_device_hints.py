"""Which disk the hints choose, by every operator; and without hints the smallest large enough."""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bessemer_agent.command_failed import DiskUnsuitable, InvalidParameters
from bessemer_agent.disks.disk import Disk
from bessemer_agent.disks.root_device import GIB, choose_root_device, matches, usable_disks

SSD = Disk("/dev/sda", 480 * GIB, model="INTEL SSDSC2KB48", vendor="ATA", serial="PHYF1",
           wwn="0x55cd2e41", hctl="0:0:0:0", rotational=False)  # fmt: skip
DISK = Disk(
    "/dev/sdb", 4000 * GIB, model="ST4000NM", vendor="Seagate", serial="ZC1", rotational=True
)
NVME = Disk("/dev/nvme0n1", 960 * GIB, model="SAMSUNG MZQL2960", serial="S64", rotational=False)
DISKS = [SSD, DISK, NVME]


@pytest.mark.parametrize(
    ("hints", "chosen"),
    [
        ({"name": "/dev/sdb"}, DISK),
        ({"name": "s== /dev/sdb"}, DISK),
        ({"serial": "phyf1"}, SSD),
        ({"serial": "s!= PHYF1"}, DISK),
        ({"model": "<in> samsung"}, NVME),
        ({"model": "<all-in> intel ssd"}, SSD),
        ({"vendor": "<or> dell <or> seagate"}, DISK),
        ({"size": 960}, NVME),
        ({"size": "= 500"}, DISK),
        ({"size": "== 960"}, NVME),
        ({"size": "!= 480"}, DISK),
        ({"size": ">= 961"}, DISK),
        ({"size": "<= 480"}, SSD),
        ({"size": "> 480"}, DISK),
        ({"size": "< 481"}, SSD),
        ({"size": "<or> 1 <or> 960"}, NVME),
        ({"size": "<range-in> [ 480 960 )"}, SSD),
        ({"size": "<range-in> ( 480 960 ]"}, NVME),
        ({"rotational": True}, DISK),
        ({"rotational": "false", "size": "> 500"}, NVME),
        ({"model": "s>= st"}, DISK),
        ({"model": "INTEL%20SSDSC2KB48"}, SSD),
        ({"hctl": "0:0:0:0"}, SSD),
        ({"wwn": "0x55CD2E41"}, SSD),
    ],
)
def test_hints_choose(hints: dict[str, object], chosen: Disk) -> None:
    assert choose_root_device(DISKS, {"properties": {"root_device": hints}}) == chosen


def test_the_instances_hints_come_before_the_nodes() -> None:
    node = {
        "properties": {"root_device": {"name": "/dev/sda"}},
        "instance_info": {"root_device": {"name": "/dev/sdb"}},
    }
    assert choose_root_device(DISKS, node) == DISK


def test_without_hints_the_smallest_of_at_least_4_gib() -> None:
    exactly, below = Disk("/dev/sdd", 4 * GIB), Disk("/dev/sde", 4 * GIB - 512)
    assert choose_root_device([*DISKS, below, exactly], {}) == exactly
    with pytest.raises(DiskUnsuitable, match="/dev/sde"):
        choose_root_device([below], {})


def test_disks_that_must_not_be_written_are_never_chosen() -> None:
    stick = Disk("/dev/sdx", 8 * GIB, virtual_media=True)
    sealed = Disk("/dev/sdy", 8 * GIB, read_only=True)
    assert choose_root_device([stick, sealed, SSD], {}) == SSD
    with pytest.raises(DiskUnsuitable):
        choose_root_device([sealed], {"properties": {"root_device": {"name": "/dev/sdy"}}})


def test_skipped_disks_are_taken_only_when_named() -> None:
    node = {"properties": {"skip_block_devices": [{"serial": "PHYF1"}]}}
    assert usable_disks(DISKS, node) == [DISK, NVME]
    assert choose_root_device(DISKS, node) == NVME
    named = {"properties": {**node["properties"], "root_device": {"name": "/dev/sda"}}}
    assert choose_root_device(DISKS, named) == SSD


@pytest.mark.parametrize(
    "hints",
    [{"colour": "red"}, {"size": "> many"}, {"rotational": "maybe"}, {"size": "<range-in> 1 2"}],
)
def test_mistakes_are_told(hints: dict[str, object]) -> None:
    with pytest.raises(InvalidParameters):
        choose_root_device(DISKS, {"properties": {"root_device": hints}})


@given(st.text(), st.sampled_from(["model", "size", "rotational", "serial", "name"]))
def test_any_text_matches_or_not_or_is_a_told_mistake(text: str, name: str) -> None:
    try:
        assert matches(SSD, {name: text}) in (True, False)
    except InvalidParameters:
        event("mistake told")


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_numbers_are_compared_as_numbers(size: int, wanted: int) -> None:
    disk = Disk("/dev/sda", size * GIB + 17)
    assert matches(disk, {"size": f">= {wanted}"}) is (size >= wanted)
    assert matches(disk, {"size": f"= {wanted}"}) is (size >= wanted)
    assert matches(disk, {"size": f"< {wanted}"}) is (size < wanted)
    assert matches(disk, {"size": wanted}) is (size == wanted)
