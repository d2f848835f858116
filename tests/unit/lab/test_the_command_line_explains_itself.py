"""`bessemer lab` without a rack: help, and errors with the next step."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bessemer_lab.cli import app

RUN = CliRunner()


@pytest.mark.parametrize("command", ["up", "status", "down", "console", "fault"])
def test_every_command_has_help(command: str) -> None:
    overview = RUN.invoke(app, ["--help"])
    assert command in overview.output
    answer = RUN.invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert answer.exit_code == 0
    assert "--state-dir" in answer.output
    assert "BESSEMER_LAB_DIR" in answer.output


@pytest.mark.parametrize("words", [["status"], ["console", "node-1"], ["fault", "node-1", "none"]])
def test_no_rack_is_said_with_the_next_step(words: list[str], tmp_path: Path) -> None:
    answer = RUN.invoke(app, words, env={"BESSEMER_LAB_DIR": str(tmp_path)})
    assert answer.exit_code == 1
    assert answer.stderr == (
        f"error: no rack is up in {tmp_path}; `bessemer lab up RACK.yaml` starts one\n"
    )
