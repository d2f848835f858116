"""The commands of the lab, loaded only when they are asked for: a server starts sooner without."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import typer
from typer.core import TyperGroup


def _lab() -> typer.Typer:
    from bessemer_lab.cli import app

    return app


def _demo() -> typer.Typer:
    from bessemer_lab.demo.command import demo

    alone = typer.Typer(add_completion=False)
    alone.command()(demo)
    return alone


_LOADERS: Final[Mapping[str, Callable[[], typer.Typer]]] = {"demo": _demo, "lab": _lab}


class OnDemand(TyperGroup):
    """A group of commands, some of which are loaded on demand.

    Contexts and commands are those of the click that typer carries within itself.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, those not loaded yet as well."""
        return [*super().list_commands(ctx), *_LOADERS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name."""
        loader = _LOADERS.get(cmd_name)
        if loader is None:
            return super().get_command(ctx, cmd_name)
        return typer.main.get_command(loader())
