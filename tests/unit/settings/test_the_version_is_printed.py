"""`bessemer --version`."""

from importlib.metadata import version

from typer.testing import CliRunner

from bessemer.cli.main import app


def test_the_version_is_that_of_the_package():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"bessemer {version('bessemer')}\n")
