"""Boot option parameter 5, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer_lab.bmc.boot_flags import BootFlags, decode, encode
from bessemer_lab.machine.boot import BootChoice, BootDevice


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        ("8004000000", BootFlags(BootDevice.PXE, persistent=False)),
        ("c004000000", BootFlags(BootDevice.PXE, persistent=True)),
        ("a008000000", BootFlags(BootDevice.DISK, persistent=False)),
        ("e008000000", BootFlags(BootDevice.DISK, persistent=True)),
        ("e024000000", BootFlags(BootDevice.DISK, persistent=True)),
        ("e00c000000", BootFlags(BootDevice.DISK, persistent=True)),
        ("a014000000", BootFlags(BootDevice.CDROM, persistent=False)),
        ("e018000000", BootFlags(BootDevice.BIOS, persistent=True)),
        ("8000000000", BootFlags(None, persistent=False)),
        ("0004000000", BootFlags(None, persistent=False)),
    ],
)
def test_decoding(data: str, meaning: BootFlags) -> None:
    assert decode(bytes.fromhex(data)) == meaning


@pytest.mark.parametrize("data", ["", "e0", "e03c000000"])
def test_what_cannot_be_done_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="boot"):
        decode(bytes.fromhex(data))


@given(st.sampled_from(BootDevice), st.booleans(), st.booleans())
def test_what_was_ordered_is_reported(device: BootDevice, persistent: bool, uefi: bool) -> None:
    choice = BootChoice().told(device, persistent=persistent)
    assert decode(encode(choice, uefi=uefi)) == BootFlags(device, persistent=persistent)


def test_no_order_is_reported_as_invalid_flags() -> None:
    assert encode(BootChoice(), uefi=True) == bytes(5)


def test_the_order_for_one_start_comes_first_and_is_used_up() -> None:
    choice = BootChoice().told(BootDevice.PXE, persistent=True)
    once = choice.told(BootDevice.DISK, persistent=False)
    assert once.next is BootDevice.DISK
    assert once.started() == choice
    assert choice.started().next is BootDevice.PXE


def test_withdrawing_leaves_the_habit() -> None:
    choice = BootChoice(once=BootDevice.PXE, always=BootDevice.PXE)
    assert choice.told(None, persistent=False).next is BootDevice.DISK
