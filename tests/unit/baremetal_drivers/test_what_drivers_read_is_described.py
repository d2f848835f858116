"""Every field of driver_info that a plug-in reads is described, and nothing else is."""

import inspect
import re

from bessemer.baremetal.drivers.fake import play
from bessemer.baremetal.drivers.ipmi import access
from bessemer.baremetal.drivers.ipmi.properties import PROPERTIES


def read_by(module: object, prefix: str) -> set[str]:
    """Names of fields that the module's code mentions."""
    return set(re.findall(rf'"({prefix}_\w+)"', inspect.getsource(module)))  # type: ignore[arg-type]


def test_ipmi() -> None:
    assert set(PROPERTIES) == read_by(access, "ipmi")


def test_scripts_of_fake_machines() -> None:
    assert set(play.PROPERTIES) == read_by(play, "fake") - {"fake_due"}
