"""The probe runs a real guest, and believes nothing else."""

from pathlib import Path

import pytest

from bessemer_lab import accelerator
from bessemer_lab.accelerator import Accelerator


def test_a_guest_runs_to_its_end() -> None:
    assert accelerator.works(Accelerator.TCG, limit_s=20)


def test_a_guest_that_is_too_slow_does_not_count() -> None:
    assert not accelerator.works(Accelerator.TCG, limit_s=0.001)


def test_the_answer_is_kept_until_the_next_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BESSEMER_LAB_ACCELERATOR", raising=False)
    # Any device that can be opened stands for KVM's here: the answer comes from the cache.
    monkeypatch.setattr(accelerator, "KVM_DEVICE", Path("/dev/null"))
    cache = tmp_path / "accelerator"
    boot = accelerator.BOOT_ID.read_text().strip()
    cache.write_text(f"{boot} kvm\n")
    assert accelerator.choose(cache) is Accelerator.KVM
    cache.write_text("an-earlier-boot kvm\n")
    answer = accelerator.choose(cache)
    assert cache.read_text() == f"{boot} {answer}\n"
