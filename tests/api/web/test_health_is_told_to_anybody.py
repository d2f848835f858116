"""`/healthcheck`: 200 while the process can do its work, else 503 with the reasons."""

import asyncio

from starlette.applications import Starlette
from tests.asgi import AsgiClient

from bessemer.bootstrap import Cloud
from bessemer.errors import Unavailable
from bessemer.settings import Settings
from bessemer.web.health import health_route


class Part:
    """Something that is there, or not; it counts how often it was asked."""

    def __init__(self) -> None:
        self.why: Exception | None = None
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.why is not None:
            raise self.why


def client_of(checks, **options) -> AsgiClient:
    return AsgiClient(Starlette(routes=[health_route(checks, **options)]))


async def test_a_whole_server_is_well_until_its_database_is_gone(tmp_path):
    cloud = Cloud(Settings(server={"state_directory": tmp_path}))
    await cloud.start()
    client = AsgiClient(cloud.operators_app)
    answer = await client.get("/healthcheck")
    assert (answer.status, answer.json) == (200, {"reasons": [], "detailed": False})
    assert (await client.request("HEAD", "/healthcheck")).status == 200
    await cloud.stop()
    stopped = Cloud(Settings(server={"state_directory": tmp_path}))
    await stopped.stop()
    answer = await AsgiClient(stopped.operators_app).get("/healthcheck")
    assert answer.status == 503
    assert answer.json["reasons"] == ["database: The database is closed: this process is stopping."]


async def test_every_reason_is_told_and_none_of_them_holds_secrets():
    there, away, broken = Part(), Part(), Part()
    away.why = Unavailable("The message bus is not there.")
    broken.why = ValueError("password=1234")
    client = client_of({"database": there.check, "bus": away.check, "disk": broken.check})
    answer = await client.get("/healthcheck")
    assert answer.status == 503
    assert answer.json["reasons"] == [
        "bus: The message bus is not there.",
        "disk: the check failed; the log has the details",
    ]


async def test_who_asks_often_costs_nothing_and_learns_of_a_change():
    part = Part()
    client = client_of({"database": part.check})
    answers = await asyncio.gather(*(client.get("/healthcheck") for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert part.asked == 1
    impatient = client_of({"database": part.check}, believed_for_s=0.0)
    assert (await impatient.get("/healthcheck")).status == 200
    part.why = Unavailable("gone")
    assert (await impatient.get("/healthcheck")).status == 503


async def test_it_is_only_read():
    assert (await client_of({}).post("/healthcheck", {})).status == 405
