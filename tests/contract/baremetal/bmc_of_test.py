"""Starts BMCs in processes of their own for a test, and ends them after it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.baremetal_task import a_node

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.secret import Secret

_PROGRAM = Path(__file__).with_name("bmc_process.py")


@contextmanager
def bmc(**behaviour: Any) -> Iterator[int]:
    """A BMC on loopback (see bmc_process.Behaviour); its UDP port."""
    process = subprocess.Popen(
        [sys.executable, str(_PROGRAM), json.dumps(behaviour)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def node_with_bmc(port: int, **driver_info: Any) -> Node:
    """A node whose BMC is at this UDP port of loopback."""
    info = {
        "ipmi_address": "127.0.0.1",
        "ipmi_port": port,
        "ipmi_username": "admin",
        "ipmi_password": Secret("secret"),
        **driver_info,
    }
    return a_node(driver="ipmi", driver_info=info)
