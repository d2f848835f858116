"""`python -m bessemer_lab` is `bessemer lab`."""

from bessemer_lab.cli import app

app()
