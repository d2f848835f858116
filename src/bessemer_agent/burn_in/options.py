"""The node's wishes about burn-in: `agent_burnin_*` in its driver_info, read with suspicion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bessemer_agent.command_failed import InvalidParameters

PREFIX = "agent_burnin_"
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Options:
    """Names without their common beginning. Everything raises InvalidParameters."""

    driver_info: Mapping[str, Any]

    def number(self, name: str, default: int, *, at_least: int = 0) -> int:
        """A whole number; clients often send them as text."""
        value = self.driver_info.get(PREFIX + name, default)
        try:
            number = int(str(value))
        except ValueError:
            raise self._wrong(name, value, "a whole number") from None
        if number < at_least:
            raise self._wrong(name, value, f"{at_least} or more")
        return number

    def text(self, name: str, default: str) -> str:
        """One word that cannot be taken for an option of a program."""
        value = self.driver_info.get(PREFIX + name, default)
        if not isinstance(value, str | int) or not str(value) or str(value).startswith("-"):
            raise self._wrong(name, value, "a word")
        return str(value)

    def truth(self, name: str) -> bool:
        value = str(self.driver_info.get(PREFIX + name, False)).lower()
        if value not in (*TRUE, *FALSE):
            raise self._wrong(name, value, "true or false")
        return value in TRUE

    def path(self, name: str) -> str | None:
        """An absolute path in the ramdisk; None when it is not asked for."""
        value = self.driver_info.get(PREFIX + name)
        if value is None or (isinstance(value, str) and value.startswith("/")):
            return value
        raise self._wrong(name, value, "an absolute path in the ramdisk")

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        value = self.driver_info.get(PREFIX + name)
        if value is None or isinstance(value, Mapping):
            return value
        raise self._wrong(name, value, "an object")

    def _wrong(self, name: str, value: object, wanted: str) -> InvalidParameters:
        return InvalidParameters(
            f"driver_info/{PREFIX}{name} must be {wanted}, not {value!r}: set it and start over"
        )
