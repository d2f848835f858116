"""Reads the fields of one mapping of a rack file, each with its own clear complaint."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Never, TypeVar, cast

from bessemer_lab.errors import RackFileError

Choice = TypeVar("Choice", bound=StrEnum)
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class Fields:
    """One mapping of the file and the path that leads to it, for the messages."""

    def __init__(self, value: object, path: str, allowed: tuple[str, ...]) -> None:
        """Raise `RackFileError` unless `value` is a mapping with no other keys than `allowed`."""
        self.path = path
        if not isinstance(value, Mapping):
            raise RackFileError(
                f"{path or 'the file'}: must be a mapping with {', '.join(allowed)}"
            )
        self.values = cast(Mapping[str, object], value)
        for key in self.values:
            if key not in allowed:
                near = get_close_matches(str(key), allowed, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"allowed: {', '.join(allowed)}"
                raise RackFileError(f"{self.at(str(key))}: unknown field; {hint}")

    def at(self, name: str) -> str:
        """The full path of the field `name`."""
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, rule: str) -> Never:
        """Raise the complaint about the field `name`, with the rule that it breaks."""
        if name not in self.values:
            raise RackFileError(f"{self.at(name)}: missing; {rule}")
        raise RackFileError(f"{self.at(name)}: {self.values[name]!r} is not allowed; {rule}")

    def text(self, name: str, pattern: str, rule: str, default: str | None = None) -> str:
        """A string that matches `pattern` as a whole."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            self.refuse(name, rule)
        return value

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`, both included."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(name, f"must be a whole number from {low} to {high}")
        return value

    def choice(self, name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of the words of `kind`."""
        value = self.values.get(name, default)
        try:
            return kind(cast(str, value))
        except ValueError:
            self.refuse(name, f"must be one of: {', '.join(kind)}")

    def mac(self, name: str) -> str:
        """A unicast MAC address, six lower-case hexadecimal pairs with colons."""
        value = self.text(
            name, MAC.pattern, 'must be a quoted MAC address like "52:54:00:12:34:56"'
        )
        if int(value[:2], 16) & 1:
            self.refuse(name, "must be a unicast MAC address (first byte even)")
        return value

    def address(self, name: str, within: IPv4Network) -> IPv4Address:
        """An IPv4 host address of the network `within`."""
        rule = f"must be a host address in {within}"
        try:
            address = IPv4Address(cast(str, self.values.get(name)))
        except AddressValueError:
            self.refuse(name, rule)
        if address not in within or address in (
            within.network_address,
            within.broadcast_address,
        ):
            self.refuse(name, rule)
        return address

    def network(self, name: str) -> IPv4Network:
        """A private IPv4 network of at most /29."""
        rule = "must be a private network like 172.20.100.0/24, /29 or larger"
        try:
            network = IPv4Network(cast(str, self.values.get(name)))
        except (AddressValueError, NetmaskValueError, ValueError):
            self.refuse(name, rule)
        if not network.is_private or network.prefixlen > 29:
            self.refuse(name, rule)
        return network

    def items(self, name: str, at_least: int, at_most: int = 1000) -> list[tuple[object, str]]:
        """The list `name`, each item with its path."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not at_least <= len(value) <= at_most:
            self.refuse(name, f"must be a list of {at_least} to {at_most} items")
        return [(item, f"{self.at(name)}[{index}]") for index, item in enumerate(value)]
