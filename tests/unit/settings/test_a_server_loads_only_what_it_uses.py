"""A server starts soon and stays small: libraries that it has no use for are not loaded."""

import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    program = "import sys, bessemer.cli.main; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("library", ["aio_pika", "ovs", "ovsdbapp", "pycdlib", "bessemer_lab"])
def test_a_big_library_waits_until_it_is_wanted(library, loaded):
    assert library not in loaded
