"""A rack of the tests' own, in a scratch directory, for all tests of this folder."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from tests.e2e.lab.rig import Rig

from bessemer_lab.lab import Lab

RACK = Path(__file__).parents[3] / "lab" / "rack.yaml"

Written = Callable[[str, Path], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() != 0:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="a rack needs root: namespaces and taps"))


def written_rack(name: str, folder: Path) -> Path:
    """The shipped rack under another name, with less memory."""
    document = yaml.safe_load(RACK.read_text())
    document["name"] = name
    for machine in document["machines"]:
        machine["memory_mib"] = 512
    path = folder / "rack.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rack")


@pytest.fixture(scope="session")
def shared_lab(scratch: Path) -> Iterator[Lab]:
    lab = Lab.up(written_rack(f"t{os.getpid()}", scratch), scratch / "state")
    yield lab
    lab.down()


@pytest.fixture
def rig(shared_lab: Lab, scratch: Path) -> Iterator[Rig]:
    """The BIOS machine of the shared rack, as its operator sees it; off and well behaved after."""
    rig = Rig(shared_lab, "node-2", scratch)
    yield rig
    rig.calm()
