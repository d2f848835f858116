"""Requests made up from the OpenAPI document: no fault of the server, every reply as it is described."""

import asyncio
import threading
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.baremetal.cloud import VERSION
from tests.api.baremetal.world import World, a_world
from tests.live_server import serving
from tests.unit.baremetal.api_rows import OPERATORS, RAMDISK

from bessemer.baremetal.api.openapi.document import document
from bessemer.baremetal.api.versions import OPERATORS as RESOURCES
from bessemer.baremetal.api.versions import version_routes

EXAMPLES: Final = 10
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LATER: Final = {"get": 0, "post": 1, "patch": 2, "put": 3, "delete": 4}
"""What removes things comes last, and among these, what removes the whole."""

DOCUMENT: Final = document(OPERATORS, RAMDISK, version_routes(RESOURCES))
SCHEMA: Final = schemathesis.openapi.from_dict(dict(DOCUMENT))
OPERATIONS: Final = sorted(
    (each.ok() for each in SCHEMA.get_all_operations()),
    key=lambda operation: (
        LATER[operation.method.lower()],
        -operation.path.count("/"),
        operation.path,
    ),
)

MOSTLY: Final = st.sampled_from([True, True, True, False])


class Served:
    """A world behind two real ports, in a thread and an event loop of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self.operators = self.ramdisk = ""
        self.idents: dict[str, str] = {}

    def __enter__(self) -> "Served":
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(60)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with a_world(self._directory) as world:
            cloud = world.cloud
            async with (
                serving(cloud.client._app) as self.operators,
                serving(cloud.ramdisk._app) as self.ramdisk,
            ):
                self.idents = _idents(world)
                self._ready.set()
                await self._over.wait()


def _idents(world: World) -> dict[str, str]:
    """Path of a kind of object -> one that there is."""
    made = {f"/v1{path}": each["uuid"] for path, each in world.made.items()}
    named = {"/v1/drivers": "fake-hardware", "/v1/conductors": "host-1"}
    return {**made, **named, "/v1/heartbeat": world.node}


def fit(case: Case, served: Served, ident: str | None) -> None:
    """Let the request mean something that there is, so that more than refusals are seen."""
    if ident and case.path_parameters:
        case.path_parameters[next(iter(case.path_parameters))] = ident
    if case.query:
        case.query.pop("marker", None)
        if "fields" in case.query:
            case.query.pop("detail", None)
    if isinstance(case.body, dict) and case.method == "POST":
        for name in [each for each in case.body if each.endswith(("_uuid", "_interface", "_info"))]:
            del case.body[name]
        known = {"driver": "fake-hardware", "node_uuid": served.idents["/v1/nodes"]}
        properties = case.operation.body[0].definition["schema"].get("properties", {})
        case.body |= {name: value for name, value in known.items() if name in properties}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Served(tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_replies_are_as_described(operation: Any, served: Served) -> None:
    described = operation.definition.raw
    base = served.ramdisk if "ramdisk" in described["tags"] else served.operators
    ident = served.idents.get(operation.path.partition("/{")[0])

    @given(case=operation.as_strategy(), fits=MOSTLY, newest=MOSTLY)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case, fits: bool, newest: bool) -> None:
        if fits:
            fit(case, served, ident)
        if newest:
            case.headers[VERSION] = "latest"
        case.call_and_validate(base_url=base, checks=CHECKS)

    ask()
