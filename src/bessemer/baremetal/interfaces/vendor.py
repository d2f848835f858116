"""Vendor: orders that only one make of machine knows, passed through by name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.errors import Invalid
from bessemer.json_types import Json

PassthruMethod = Callable[..., Awaitable[Json]]
_Method = TypeVar("_Method", bound=PassthruMethod)


@dataclass(frozen=True, slots=True)
class Passthru:
    """What the decorator says of a method.

    `async_call`: the request is answered at once (202) and carried out afterwards, without a reply.
    `attach`: the reply is handed out as a file, not as JSON.
    """

    name: str
    http_methods: tuple[str, ...]
    attribute: str
    async_call: bool
    require_exclusive_lock: bool
    description: str
    attach: bool


def passthru(*http_methods: str, **facts: Any) -> Callable[[_Method], _Method]:
    """Mark `async def (self, node, body) -> Json` as reachable under a node's vendor_passthru.

    `facts`: method (its name on the wire; else the Python one), async_call (default True),
    require_exclusive_lock (default True), description, attach.
    """
    return _mark("__passthru__", http_methods, facts)


def driver_passthru(*http_methods: str, **facts: Any) -> Callable[[_Method], _Method]:
    """Mark `async def (self, body) -> Json` as reachable under a driver's vendor_passthru."""
    return _mark("__driver_passthru__", http_methods, facts)


def _mark(
    attribute: str, http_methods: tuple[str, ...], facts: Mapping[str, Any]
) -> Callable[[_Method], _Method]:
    def mark(method: _Method) -> _Method:
        row = Passthru(
            name=facts.get("method") or method.__name__,
            http_methods=http_methods,
            attribute=method.__name__,
            async_call=facts.get("async_call", True),
            require_exclusive_lock=facts.get("require_exclusive_lock", True),
            description=facts.get("description", ""),
            attach=facts.get("attach", False),
        )
        setattr(method, attribute, row)
        return method

    return mark


class VendorInterface(Plugin):
    """A plug-in adds methods by decorating them."""

    kind: ClassVar = InterfaceKind.VENDOR

    def passthru_methods(self) -> Mapping[str, Passthru]:
        """What may be called on a node, by name."""
        return self._marked("__passthru__")

    def driver_passthru_methods(self) -> Mapping[str, Passthru]:
        """What may be called on the driver, by name."""
        return self._marked("__driver_passthru__")

    def validate_method(self, node: Node, method: str, body: Mapping[str, Any]) -> None:
        """Raises Invalid for a body that the method does not take. Called before it is accepted."""

    def driver_validate(self, method: str, body: Mapping[str, Any]) -> None:
        """Raises Invalid for a body that the driver's method does not take."""

    async def call(self, node: Node, row: Passthru, body: Mapping[str, Any]) -> Json:
        """Run one of `passthru_methods()`. May raise Transient or HardwareFailure."""
        method: PassthruMethod = getattr(self, row.attribute)
        return await method(node, body)

    async def driver_call(self, row: Passthru, body: Mapping[str, Any]) -> Json:
        """Run one of `driver_passthru_methods()`."""
        method: PassthruMethod = getattr(self, row.attribute)
        return await method(body)

    def _marked(self, attribute: str) -> dict[str, Passthru]:
        members = (getattr(type(self), name, None) for name in dir(type(self)))
        rows = (getattr(member, attribute, None) for member in members)
        return {row.name: row for row in rows if isinstance(row, Passthru)}


def chosen(methods: Mapping[str, Passthru], name: str, http_method: str) -> Passthru:
    """The row for a request. Raises Invalid for an unknown name or a verb that it does not take."""
    row = methods.get(name)
    if row is None:
        known = ", ".join(sorted(methods)) or "none"
        raise Invalid(f"There is no vendor method {name[:80]!r} here; possible: {known}.")
    if http_method not in row.http_methods:
        raise Invalid(
            f"The vendor method {name} does not take HTTP {http_method}; "
            f"possible: {', '.join(row.http_methods)}."
        )
    return row
