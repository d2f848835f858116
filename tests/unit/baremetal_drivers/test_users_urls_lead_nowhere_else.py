"""Users' URLs: a conductor fetches them, and is nobody's way to what only it can reach."""

from collections.abc import AsyncIterator
from ipaddress import ip_address

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from bessemer.baremetal.drivers.users_urls import MOST_REDIRECTS, Bounds, FetchRefused, fetched
from bessemer.baremetal.settings import BareMetalSettings

SOON = aiohttp.ClientTimeout(total=10)
HERE = Bounds(allow=("127.0.0.1",))


class Server:
    """On loopback: `/file` has content, `/to?…` redirects there, `/round` to itself."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append((str(request.rel_url), request.headers.get("X-Secret")))
        if request.path == "/file":
            return web.Response(body=b"content")
        raise web.HTTPFound("/round" if request.path == "/round" else request.query_string)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_get("/{name}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


async def fetch(url: str, bounds: Bounds = HERE, **request: object) -> bytes:
    async with fetched(url, bounds, SOON, **request) as response:
        return await response.read()


async def test_nothing_is_fetched_from_this_host_unless_it_is_allowed(server: Server) -> None:
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "2130706433"):
        with pytest.raises((FetchRefused, aiohttp.ClientError)):
            await fetch(f"http://{host}:{server.port}/file", Bounds())
    assert server.seen == []
    with pytest.raises(
        FetchRefused, match=r"at 127\.0\.0\.1, which is this host; baremetal\.fetch_"
    ):
        await fetch(f"{server.url}/file", Bounds())
    for allowed in ("127.0.0.1", "127.0.0.0/8"):
        assert await fetch(f"{server.url}/file", Bounds((allowed,))) == b"content"
    assert await fetch(f"http://localhost:{server.port}/file", Bounds(("localhost",))) == b"content"


async def test_a_redirect_is_judged_like_the_url_itself(server: Server) -> None:
    assert await fetch(f"{server.url}/to?/file") == b"content"
    for elsewhere in ("http://127.0.0.2:1/", "http://169.254.169.254/latest", "http://[fe80::1]/"):
        with pytest.raises(FetchRefused, match="fetch_allow"):
            await fetch(f"{server.url}/to?{elsewhere}")
    for no_http in ("file:///etc/passwd", "ftp://192.0.2.1/"):
        with pytest.raises(FetchRefused, match="Only http and https"):
            await fetch(f"{server.url}/to?{no_http}")


async def test_redirects_come_to_an_end(server: Server) -> None:
    with pytest.raises(FetchRefused, match="more than 10 times"):
        await fetch(f"{server.url}/round")
    assert len(server.seen) == MOST_REDIRECTS + 1


async def test_headers_are_for_the_first_server_alone(server: Server) -> None:
    bounds = Bounds(("127.0.0.1", "localhost"))
    onward = f"http://localhost:{server.port}/file"
    await fetch(f"{server.url}/to?/file", bounds, headers={"X-Secret": "s"})
    await fetch(f"{server.url}/to?{onward}", bounds, headers={"X-Secret": "s"})
    assert [secret for _, secret in server.seen] == ["s", "s", "s", None]


async def test_what_is_denied_stays_denied(server: Server) -> None:
    for denied in ("127.0.0.1", "127.0.0.0/24"):
        with pytest.raises(FetchRefused, match=r"baremetal\.fetch_deny"):
            await fetch(f"{server.url}/file", Bounds(("127.0.0.1",), (denied,)))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.1", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1"),
        *("255.255.255.255", "100.100.100.200", "::", "::1", "fe80::1", "ff02::1"),
        *("fd00:ec2::254", "::ffff:169.254.169.254", "::ffff:0.0.0.1", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_special_addresses_are_refused(address: str) -> None:
    assert Bounds().objection("images.example", ip_address(address)) is not None


@pytest.mark.parametrize("address", ["10.0.0.1", "192.0.2.1", "2001:db8::1", "fd00::1"])
def test_others_are_not(address: str) -> None:
    assert Bounds().objection("images.example", ip_address(address)) is None


@pytest.mark.parametrize("place", ["", "10.0.0.0/33", "http://x", "10.0.0.1/8", "a b"])
def test_a_setting_that_names_no_place_is_refused(place: str) -> None:
    with pytest.raises(ValidationError, match="neither a network"):
        BareMetalSettings(fetch_allow=(place,))
