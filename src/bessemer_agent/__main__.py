"""Starts the agent: `python3 -m bessemer_agent`, as the ramdisk's init does."""

import argparse
import sys
from pathlib import Path

from bessemer_agent.agent import run
from bessemer_agent.machine import RAMDISK_MARK, Machine


def main() -> int:
    parser = argparse.ArgumentParser(prog="bessemer_agent", description=__doc__)
    parser.add_argument(
        "--system-root",
        type=Path,
        default=Path("/"),
        help="folder that holds sys/, proc/, dev/ and run/ of the machine to work on",
    )
    machine = Machine(parser.parse_args().system_root)
    if machine.root == Path("/") and not machine.is_deploy_ramdisk:
        print(
            f"This is not a deploy ramdisk (no /{RAMDISK_MARK}). The agent erases and writes disks "
            "on order, so it does not start here. For a trial, give it a --system-root.",
            file=sys.stderr,
        )
        return 2
    return run(machine)


if __name__ == "__main__":
    sys.exit(main())
