"""The `bessemer lab` command: a virtual rack on this host."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bessemer_lab.console_client import attend
from bessemer_lab.errors import LabError
from bessemer_lab.fleet.command import fleet
from bessemer_lab.lab import Lab
from bessemer_lab.lab import down as take_down
from bessemer_lab.layout import DEFAULT_STATE_DIR, STATE_DIR_VARIABLE
from bessemer_lab.machine.faults import Fault

app = typer.Typer(
    name="lab",
    no_args_is_help=True,
    help="A virtual rack on this host: QEMU machines with IPMI controllers behind an Open vSwitch.",
)

app.command()(fleet)

StateDir = Annotated[
    Path,
    typer.Option(
        "--state-dir",
        envvar=STATE_DIR_VARIABLE,
        help="Where the rack keeps its disks, sockets and logs; one rack per directory.",
    ),
]
Node = Annotated[str, typer.Argument(help="The machine's name in the rack file.")]


@app.command()
def up(
    rack_file: Annotated[Path, typer.Argument(help="The rack file, for example lab/rack.yaml.")],
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Build the rack, or what is missing of it. Needs root. Machines start powered off."""
    started = time.monotonic()
    with _complaints():
        lab = Lab.up(rack_file, state_dir)
        status = lab.status()
    typer.echo(f"rack {lab.rack.name} is up after {time.monotonic() - started:.1f} s")
    Console().print(_table(status))


@app.command()
def status(
    state_dir: StateDir = DEFAULT_STATE_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show the machines, their power and where to reach them."""
    with _complaints():
        found = Lab.open(state_dir).status()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    else:
        Console().print(_table(found))


@app.command()
def down(
    state_dir: StateDir = DEFAULT_STATE_DIR,
    keep_disks: Annotated[
        bool, typer.Option("--keep-disks", help="Leave the machines' disks for the next `up`.")
    ] = False,
) -> None:
    """End and remove the rack, whole or in pieces, and leave nothing behind. Needs root."""
    with _complaints():
        found = take_down(state_dir, keep_disks=keep_disks)
    typer.echo(f"the rack in {state_dir} is down" if found else f"no rack is up in {state_dir}")


@app.command()
def console(node: Node, state_dir: StateDir = DEFAULT_STATE_DIR) -> None:
    """Join a machine's serial console; Ctrl-] leaves it."""
    with _complaints():
        machine = Lab.open(state_dir).machine(node)
        greeting = f"console of {node}; Ctrl-] leaves it"
        attend(machine.console_socket, lambda: typer.echo(greeting, err=True))


@app.command()
def fault(
    node: Node,
    faults: Annotated[
        list[str], typer.Argument(help=f"One or more of: {', '.join(Fault)}; or none.")
    ],
    state_dir: StateDir = DEFAULT_STATE_DIR,
) -> None:
    """Let a machine or its BMC misbehave from now on; `none` ends that."""
    with _complaints():
        Lab.open(state_dir).machine(node).set_faults(*faults)


@contextlib.contextmanager
def _complaints() -> Iterator[None]:
    try:
        yield
    except LabError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)


def _table(status: dict[str, Any]) -> Table:
    table = Table(
        title=f"rack {status['rack']} · namespace {status['namespace']}", title_justify="left"
    )
    for heading in ("machine", "power", "boots from", "BMC", "faults"):
        table.add_column(heading, overflow="fold")
    for machine in status["machines"]:
        table.add_row(
            machine["name"],
            machine["power"] or "unknown",
            machine.get("boot_next", ""),
            machine["bmc"],
            ", ".join(machine.get("faults", [])) or machine.get("error", ""),
        )
    return table
