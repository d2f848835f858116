"""Ironic CVE-2026-42997: a service's own token was sent to an address of the user's choice. Ours goes
to the configured Keystone, and is not carried along when that one points elsewhere."""

import asyncio

import pytest
from tests.api.security.test_external_keystone import answering, settings

from bessemer.errors import Unavailable
from bessemer.web.keystone import Keystone


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Again", b"308 Forever"])
async def test_a_redirect_does_not_carry_credentials_away(status):
    heard = asyncio.Event()

    async def listen(_reader, writer):
        heard.set()
        writer.close()

    elsewhere = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = elsewhere.sockets[0].getsockname()[1]
    location = b"Location: http://127.0.0.1:%d/v3/auth/tokens\r\n" % port
    answer = b"HTTP/1.1 " + status + b"\r\n" + location + b"Content-Length: 0\r\n\r\n"
    async with answering(answer) as url:
        keystone = Keystone(settings(url))
        with pytest.raises(Unavailable):
            await keystone.validate("token")
        await keystone.close()
    elsewhere.close()
    await elsewhere.wait_closed()
    assert not heard.is_set()
