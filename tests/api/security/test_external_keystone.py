"""Tokens of a Keystone elsewhere: our own identity service plays it, over a real socket."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.api.identity.cloud import a_cloud
from tests.live_server import serving

from bessemer.errors import Unavailable
from bessemer.identity.api.service import identity_api
from bessemer.web.authentication import by_token
from bessemer.web.dispatch import application
from bessemer.web.keystone import Keystone
from bessemer.web.settings import KeystoneSettings


def settings(url: str, **changes) -> KeystoneSettings:
    given = {"url": f"{url}/identity/v3", "username": "admin", "password": "x", **changes}
    return KeystoneSettings(project_name="admin", **given)


@asynccontextmanager
async def a_keystone(tmp_path, **changes):
    """The cloud that plays Keystone, and our client of it; every request is noted."""
    async with a_cloud(tmp_path) as cloud:
        inner = application([identity_api(cloud.identity)], by_token(cloud.identity.validate_token))
        asked = []

        async def app(scope, receive, send):
            asked.append((scope["method"], scope["path"]))
            await inner(scope, receive, send)

        async with serving(app) as url:
            keystone = Keystone(settings(url, password=cloud.password, **changes))
            try:
                yield cloud, keystone, asked
            finally:
                await keystone.close()


async def test_a_token_is_asked_about_once_and_then_remembered(tmp_path):
    async with a_keystone(tmp_path) as (cloud, keystone, asked):
        token = await cloud.token()
        context = await keystone.validate(token)
        assert context.user_name == context.project_name == "admin"
        assert {"admin", "member", "reader"} <= context.roles
        count = len(asked)
        assert await keystone.validate(token) == context
        assert len(asked) == count == 2  # our own login, and the question


async def test_without_a_cache_a_revoked_token_is_worth_nothing_at_once(tmp_path):
    async with a_keystone(tmp_path, cache_time=timedelta(0)) as (cloud, keystone, _asked):
        token = await cloud.token()
        assert await keystone.validate(token) is not None
        await cloud.identity.revoke(token)
        assert await keystone.validate(token) is None


@pytest.mark.parametrize("token", ["", "unknown", "x" * 9000, "a\nb", "ü", "a\x00b"])
async def test_what_is_no_token_is_nobody(tmp_path, token):
    async with a_keystone(tmp_path) as (_cloud, keystone, _asked):
        assert await keystone.validate(token) is None


async def test_an_administrator_of_a_project_is_not_one_of_the_system_unless_told(tmp_path):
    async with a_keystone(tmp_path) as (cloud, keystone, _asked):
        assert not (await keystone.validate(await cloud.token())).system_scope
        token = await cloud.token(scope={"system": {"all": True}})
        assert (await keystone.validate(token)).system_scope
    async with a_keystone(tmp_path, admin_project="admin") as (cloud, keystone, _asked):
        assert (await keystone.validate(await cloud.token())).system_scope


async def test_our_own_token_is_renewed_when_it_is_refused(tmp_path):
    async with a_keystone(tmp_path) as (cloud, keystone, asked):
        await keystone.validate(await cloud.token())
        await cloud.identity.revoke(keystone._own_token)
        asked.clear()
        token = await cloud.token(scope={"system": {"all": True}})
        assert (await keystone.validate(token)).system_scope
        assert [method for method, _path in asked] == ["GET", "POST", "GET"]


async def test_wrong_credentials_of_our_own_are_a_503_and_no_401(tmp_path):
    async with a_keystone(tmp_path) as (cloud, keystone, _asked):
        wrong = keystone._settings.model_copy(update={"username": "nobody"})
        other = Keystone(wrong)
        with pytest.raises(Unavailable, match="does not let this server in"):
            await other.validate(await cloud.token())
        await other.close()


async def test_nobody_listening_is_a_503():
    keystone = Keystone(settings("http://127.0.0.1:9"))
    with pytest.raises(Unavailable, match="does not answer"):
        await keystone.validate("token")
    await keystone.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/v3/auth/tokens\r\n"
        b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 201 Created\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        b"garbage\r\n\r\n",
    ],
)
async def test_odd_answers_are_a_503_and_redirects_are_not_followed(answer):
    async with answering(answer) as url:
        keystone = Keystone(settings(url))
        with pytest.raises(Unavailable):
            await keystone.validate("token")
        await keystone.close()


async def test_a_silent_keystone_is_given_up():
    async with answering(None) as url:
        keystone = Keystone(settings(url, timeout=timedelta(milliseconds=200)))
        with pytest.raises(Unavailable, match="does not answer"):
            await keystone.validate("token")
        await keystone.close()


@asynccontextmanager
async def answering(answer):
    """A server that says this to whatever it hears, or nothing at all."""
    served = asyncio.Event()

    async def serve(reader, writer):
        if answer is None:
            await reader.read()
        else:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        served.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.wait_for(served.wait(), 20)
    server.close()
    await server.wait_closed()
