"""`python -m bessemer`."""

from bessemer.cli.main import app

app()
