"""`python -m bessemer_lab.machine STATE_DIR NAME`: one machine, its BMC and its console."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bessemer_lab.accelerator import choose
from bessemer_lab.bmc.bmc import PORT, Bmc
from bessemer_lab.detached import run_detached
from bessemer_lab.errors import LabError
from bessemer_lab.layout import MachineFiles, layout_of
from bessemer_lab.machine import control
from bessemer_lab.machine.console import Console
from bessemer_lab.machine.machine import Machine
from bessemer_lab.rack import MachineSpec
from bessemer_lab.rack_file import read_rack


async def serve(spec: MachineSpec, files: MachineFiles, ready: Callable[[], None]) -> None:
    """Serve the machine until SIGTERM or SIGINT, then take its power away."""
    console = Console()
    machine = Machine(spec, files, choose(), console)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = [await console.listen(files.console), await control.listen(machine, files.control)]
    transport = await _open_bmc(machine)
    ready()
    await stop.wait()
    transport.close()
    for server in servers:
        server.close()
    machine.faults = frozenset()
    await machine.power_off()


async def _open_bmc(machine: Machine) -> asyncio.DatagramTransport:
    address = (str(machine.spec.bmc.address), PORT)
    try:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Bmc(machine), address)
    except OSError as error:
        raise LabError(f"the BMC cannot bind {address[0]} port {PORT}: {error.strerror}") from error
    return transport


def main(argv: list[str]) -> None:
    """Read the rack file in the state directory and become the machine of that name."""
    layout, name = layout_of(Path(argv[0])), argv[1]
    rack = read_rack(layout.rack_file)
    spec = next(machine for machine in rack.machines if machine.name == name)
    files = layout.machine(name)

    def body(ready: Callable[[], None]) -> None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        # Broken Ctrl-C handling of a terminal's process group must not reach the machines.
        os.chdir(files.folder)
        asyncio.run(serve(spec, files, ready))

    run_detached(body, files.log)


if __name__ == "__main__":
    main(sys.argv[1:])
