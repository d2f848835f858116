"""What others send reaches the log tamed, and a traceback shows no local variables."""

import subprocess
import sys

import pytest


def written(style: str, *lines: str) -> str:
    """What a process writes to stderr whose log is configured so."""
    setup = ["import structlog", "from bessemer import logs", f"logs.configure('info', {style!r})"]
    program = "\n".join([*setup, "log = structlog.get_logger()", *lines])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stderr


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_traceback_shows_no_local_variables(style):
    text = written(
        style,
        "def fails(password):",
        "    raise ValueError(f'wrong after {len(password)} characters')",
        "try:",
        "    fails('open' + 'sesame')",
        "except ValueError:",
        "    log.exception('api.fault')",
    )
    assert "ValueError: wrong after 10 characters" in text
    assert "opensesame" not in text


@pytest.mark.parametrize("style", ["console", "json"])
def test_strangers_cannot_write_lines_or_control_a_terminal(style):
    sent = "x\x1b[31m\rroot\x00\u202e\n2026-01-01 [info] forged"
    text = written(style, f"log.info('login_refused', user={sent!r})")
    assert "root" in text
    assert text.count("\n") == 1
    assert all(mark not in text for mark in "\x1b\r\x00\u202e")


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_endless_value_is_cut(style):
    assert len(written(style, "log.info('login_refused', user='x' * 60_000)")) < 3000
