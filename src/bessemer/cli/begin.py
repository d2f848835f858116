"""Where `bessemer` begins: loads its commands, and looks for no garbage among what is there to stay."""

import gc


def run() -> None:
    """The command line."""
    gc.disable()
    from bessemer.cli.main import app

    gc.freeze()
    gc.enable()
    app()
