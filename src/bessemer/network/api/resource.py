"""The five routes that every resource of Neutron's has."""

from collections.abc import Awaitable
from typing import Protocol

from bessemer.web.routes import Call, Reply, Route


class Handlers(Protocol):
    """One method per route."""

    def list(self, call: Call) -> Awaitable[Reply]: ...
    def create(self, call: Call) -> Awaitable[Reply]: ...
    def show(self, call: Call) -> Awaitable[Reply]: ...
    def update(self, call: Call) -> Awaitable[Reply]: ...
    def delete(self, call: Call) -> Awaitable[Reply]: ...


def resource_routes(noun: str, handlers: Handlers) -> tuple[Route, ...]:
    """The table of routes of `/<noun>s`, with upstream's names of the policies."""
    many, one = f"/{noun}s", f"/{noun}s/{{id}}"
    return (
        Route("GET", many, handlers.list, f"get_{noun}"),
        Route("POST", many, handlers.create, f"create_{noun}", body=dict, status=201),
        Route("GET", one, handlers.show, f"get_{noun}"),
        Route("PUT", one, handlers.update, f"update_{noun}", body=dict),
        Route("DELETE", one, handlers.delete, f"delete_{noun}", status=204),
    )
