"""The choice between KVM and TCG, as far as it needs no guest."""

import pytest

from bessemer_lab import accelerator
from bessemer_lab.accelerator import Accelerator
from bessemer_lab.errors import LabError


@pytest.mark.parametrize("word", Accelerator)
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, word: Accelerator) -> None:
    monkeypatch.setenv("BESSEMER_LAB_ACCELERATOR", word)
    assert accelerator.choose() is word


def test_a_wrong_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESSEMER_LAB_ACCELERATOR", "xen")
    with pytest.raises(LabError, match=r"'xen' is not allowed; set kvm or tcg"):
        accelerator.choose()


def test_the_boot_sector_is_one() -> None:
    assert len(accelerator.BOOT_SECTOR) == 512
    assert accelerator.BOOT_SECTOR[-2:] == b"\x55\xaa"
