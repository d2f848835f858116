"""The machine's control socket: one JSON object per line asks, one JSON object per line answers."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bessemer_lab.errors import LabError
from bessemer_lab.machine.faults import faults_named
from bessemer_lab.machine.machine import Machine, Power

LOG = logging.getLogger(__name__)
Question = dict[str, Any]
Reply = dict[str, Any]


async def listen(machine: Machine, path: Path) -> asyncio.Server:
    """Serve at the unix socket `path`, until the server returned is closed."""
    path.unlink(missing_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await _answer(machine, line)).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            LOG.info("a control client went away")
        finally:
            writer.close()

    return await asyncio.start_unix_server(serve, path)


async def _answer(machine: Machine, line: bytes) -> Reply:
    try:
        question = json.loads(line)
        return await VERBS[question["do"]](machine, question)
    except LabError as error:
        return {"error": str(error)}
    except (ValueError, KeyError, TypeError) as error:
        return {"error": f"not understood: {error!r}; verbs: {', '.join(VERBS)}"}


async def _status(machine: Machine, _question: Question) -> Reply:
    return {
        "power": machine.power,
        "pid": machine.pid,
        "boot_once": machine.boot.once,
        "boot_always": machine.boot.always,
        "boot_next": machine.boot.next,
        "faults": sorted(machine.faults),
    }


async def _fault(machine: Machine, question: Question) -> Reply:
    machine.faults = faults_named(question["faults"])
    LOG.info("faults in force: %s", ", ".join(sorted(machine.faults)) or "none")
    return await _status(machine, question)


async def _wait_for_power(machine: Machine, question: Question) -> Reply:
    try:
        await asyncio.wait_for(
            machine.wait_for_power(Power(question["power"])), float(question["limit_s"])
        )
    except TimeoutError:
        raise LabError(f"the power is still {machine.power}") from None
    return await _status(machine, question)


async def _cut_power(machine: Machine, _question: Question) -> Reply:
    await machine.power_cut()
    return await _status(machine, _question)


VERBS: Final[dict[str, Callable[[Machine, Question], Awaitable[Reply]]]] = {
    "status": _status,
    "fault": _fault,
    "wait-for-power": _wait_for_power,
    "cut-power": _cut_power,
}
