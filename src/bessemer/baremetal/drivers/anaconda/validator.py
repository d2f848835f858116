"""Kickstart files judged by the program ksvalidator, where it is installed (package pykickstart)."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.errors import Invalid

PROGRAM: Final = "ksvalidator"
_PATIENCE_S: Final = 30


def program() -> str | None:
    """Where it is: beside our own Python, or on PATH."""
    beside = Path(sys.executable).with_name(PROGRAM)
    return str(beside) if beside.exists() else shutil.which(PROGRAM)


async def check(text: str) -> bool:
    """False when nobody can tell. Raises Invalid with the program's own words."""
    found = program()
    if found is None:
        return False
    # The file holds the agent's token: one that nobody else reads, and gone at once.
    with tempfile.NamedTemporaryFile("w", suffix=".ks") as file:
        file.write(text)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            found,
            file.name,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_PATIENCE_S):
                _, said = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Invalid(f"{PROGRAM} did not finish with the kickstart file.") from None
    if process.returncode:
        raise Invalid(f"The kickstart file is not right: {quoted(said.decode(errors='replace'))}")
    return True
