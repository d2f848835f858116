"""The words for misbehaviour."""

import pytest

from bessemer_lab.errors import LabError
from bessemer_lab.machine.faults import Fault, faults_named


def test_none_is_no_fault() -> None:
    assert faults_named(["none"]) == frozenset()


def test_several_faults_at_once() -> None:
    assert faults_named(["silent", "never-boots"]) == {Fault.SILENT, Fault.NEVER_BOOTS}


def test_an_unknown_one_is_refused_with_the_list() -> None:
    with pytest.raises(LabError, match=r"allowed: silent, wrong-password, .*, none"):
        faults_named(["tired"])
