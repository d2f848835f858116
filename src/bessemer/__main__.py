"""`python -m bessemer`."""

from bessemer.cli.begin import run

run()
