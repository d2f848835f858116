"""Runs a program to its end and turns its failure into an error that quotes it."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

from bessemer_lab.errors import LabError

LIMIT_S: Final = 60


def run(argv: Sequence[str], env: Mapping[str, str] | None = None, text: str = "") -> str:
    """Run `argv` with `text` on its standard input, `env` added to the environment.

    Returns its standard output; raises `LabError` if it is missing, fails or takes over a minute.
    """
    try:
        done = subprocess.run(
            argv,
            env={**os.environ, **(env or {})},
            input=text,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(
            f"the program {argv[0]} is not installed; run scripts/system-packages"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv)}: did not end within {LIMIT_S} s") from error
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.stdout
