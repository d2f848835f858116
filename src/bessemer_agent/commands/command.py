"""A command as a value: what it does and whether the conductor waits for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bessemer_agent.command_failed import InvalidParameters
from bessemer_wire import Malformed

# Where a running command says how far it is: phase, bytes done, bytes in total.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Invocation:
    """The parameters of one call; unknown ones are ignored, as newer conductors send more."""

    params: Mapping[str, Any]
    report: Report = field(repr=False)

    def mapping(self, name: str) -> dict[str, Any]:
        """A required object. Raises InvalidParameters."""
        value = self.params.get(name)
        if not isinstance(value, dict):
            raise InvalidParameters(f"parameter {name!r} must be an object, not {value!r}")
        return value

    def optional_mapping(self, name: str) -> dict[str, Any]:
        """An object; empty when absent or null. Raises InvalidParameters."""
        return {} if self.params.get(name) is None else self.mapping(name)


Handler = Callable[[Invocation], Any]


def accepts_anything(call: Invocation) -> None:
    """The check of a command that has no required parameters."""


@dataclass(frozen=True, slots=True)
class Command:
    """`check` runs before the answer to the POST; what it raises becomes status 400."""

    handler: Handler
    asynchronous: bool = False
    check: Callable[[Invocation], object] = accepts_anything


def checked(reader: Callable[[dict[str, Any]], Any], value: dict[str, Any]) -> Any:
    """Read a wire object; a malformed one is the caller's mistake. Raises InvalidParameters."""
    try:
        return reader(value)
    except Malformed as error:
        raise InvalidParameters(str(error)) from error
