"""`/v2/images/{id}/file`: up, down, and back again."""

import asyncio
import contextlib
import hashlib
import os
import socket
from urllib.parse import urlsplit

import pytest
from tests.api.image.room import BYTES, V2, a_room


async def test_upload_makes_the_image_active_with_sizes_and_hashes(room):
    data = os.urandom(9 * 1024 * 1024 + 17)
    image_id = await room.an_image(data)
    image = await room.show(image_id)
    assert image["status"] == "active"
    assert image["size"] == image["virtual_size"] == len(data)
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert image["os_hash_algo"] == "sha512"
    assert image["os_hash_value"] == hashlib.sha512(data).hexdigest()
    answer = await room.get(f"{V2}/{image_id}/file")
    assert answer.content == data
    assert answer.headers["Content-MD5"] == image["checksum"]
    assert answer.headers["Content-Length"] == str(len(data))


async def test_a_chunked_upload_without_a_length_works(room):
    async def pieces():
        for n in range(5):
            yield bytes([n]) * 70_000

    image_id = await room.create()
    assert (await room.upload(image_id, pieces())).status == 204
    assert (await room.show(image_id))["size"] == 350_000


async def test_a_second_upload_is_409_and_leaves_the_first(room):
    image_id = await room.an_image(b"first")
    answer = await room.upload(image_id, b"second")
    assert answer.status == 409
    assert (await room.get(f"{V2}/{image_id}/file")).content == b"first"


async def test_upload_needs_formats_and_the_right_media_type(room):
    image_id = await room.create(disk_format=None)
    answer = await room.upload(image_id, b"x")
    assert answer.status == 400
    assert "disk_format" in answer.json["message"]
    image_id = await room.create()
    answer = await room.request(
        "PUT", f"{V2}/{image_id}/file", data=b"x", headers={"Content-Type": "text/plain"}
    )
    assert answer.status == 400
    assert (await room.show(image_id))["status"] == "queued"


async def test_download_of_a_queued_image_is_204(room):
    assert (await room.get(f"{V2}/{await room.create()}/file")).status == 204


async def test_formats_are_fixed_once_there_is_data(room):
    image_id = await room.an_image()
    patch = {"op": "replace", "path": "/disk_format", "value": "iso"}
    assert (await room.patch(image_id, patch)).status == 403


async def test_a_deactivated_image_gives_no_data_until_it_is_reactivated(room):
    room.as_project = {"X-Project": "shop"}
    image_id = await room.an_image(b"data")
    assert (await room.post(f"{V2}/{image_id}/actions/deactivate", None)).status == 204
    assert (await room.show(image_id))["status"] == "deactivated"
    assert (await room.get(f"{V2}/{image_id}/file")).status == 403
    assert (await room.post(f"{V2}/{image_id}/actions/reactivate", None)).status == 204
    assert (await room.get(f"{V2}/{image_id}/file")).content == b"data"
    queued = await room.create()
    assert (await room.post(f"{V2}/{queued}/actions/deactivate", None)).status == 409


GIB = 1024**3


async def test_a_body_that_says_it_is_over_the_limit_is_refused_at_once(tmp_path):
    async with a_room(tmp_path, max_size_gib=1) as room:
        image_id = await room.create()
        reply = await _head_of(room, image_id, f"Content-Length: {GIB + 1}\r\n")
        assert b" 413 " in reply
        assert b"max_size_gib" in reply
        assert (await room.show(image_id))["status"] == "queued"
        assert room.files() == []


async def test_an_endless_body_is_cut_off_at_the_limit(tmp_path):
    async with a_room(tmp_path) as room:
        room.images.uploads._limit = 3 * 1024 * 1024
        image_id = await room.create()
        host, port = _address(room)
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(_put(image_id, "Transfer-Encoding: chunked\r\n"))
        piece = b"10000\r\n" + b"\0" * 0x10000 + b"\r\n"
        reply = asyncio.create_task(reader.readline())
        with contextlib.suppress(ConnectionError):
            while not reply.done():
                writer.write(piece)
                await writer.drain()
        assert b" 413 " in await reply
        writer.close()
        assert (await room.show(image_id))["status"] == "queued"
        assert room.files() == []


async def test_a_client_that_leaves_half_way_leaves_nothing_behind(room):
    image_id = await room.create()
    host, port = _address(room)
    _, writer = await asyncio.open_connection(host, port)
    writer.write(_put(image_id, "Content-Length: 10000000\r\n") + b"x" * 1_000_000)
    await writer.drain()
    await _until(room, image_id, "saving")
    writer.close()
    await _until(room, image_id, "queued")
    assert room.files() == []
    assert (await room.upload(image_id, b"whole")).status == 204


async def test_an_image_deleted_while_it_is_uploaded_leaves_nothing_behind(room):
    image_id = await room.create()
    go_on = asyncio.Event()

    async def pieces():
        yield b"x" * 5_000_000
        await go_on.wait()
        yield b"y"

    uploading = asyncio.create_task(room.upload(image_id, pieces()))
    await _until(room, image_id, "saving")
    assert (await room.request("DELETE", f"{V2}/{image_id}")).status == 204
    go_on.set()
    assert (await uploading).status == 404
    assert room.files() == []


async def test_two_uploads_at_once_one_wins(room):
    image_id = await room.create()
    answers = await asyncio.gather(
        *(room.upload(image_id, bytes([n]) * 3_000_000) for n in range(4))
    )
    assert sorted(answer.status for answer in answers) == [204, 409, 409, 409]
    assert (await room.show(image_id))["status"] == "active"
    assert room.files() == [image_id]


async def test_a_download_goes_on_when_the_image_is_deleted(room):
    data = os.urandom(20_000_000)
    image_id = await room.an_image(data)
    async with room.http.get(f"{room.base_url}{V2}/{image_id}/file") as reply:
        first = await reply.content.readexactly(1000)
        assert (await room.request("DELETE", f"{V2}/{image_id}")).status == 204
        assert first + await reply.read() == data


@pytest.mark.parametrize("header", ["Content-Length: 9\r\n", "Content-Length: many\r\n"])
async def test_a_lying_length_never_makes_an_active_image(room, header):
    image_id = await room.create()
    host, port = _address(room)
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(_put(image_id, header) + b"four")
    writer.write_eof()
    await reader.read()
    writer.close()
    await _until(room, image_id, "queued")
    assert room.files() == []


def _address(room):
    parts = urlsplit(room.base_url)
    return parts.hostname, parts.port


def _put(image_id, header):
    kind = f"Content-Type: {BYTES['Content-Type']}\r\n"
    return f"PUT {V2}/{image_id}/file HTTP/1.1\r\nHost: x\r\n{kind}{header}\r\n".encode()


async def _head_of(room, image_id, header):
    reader, writer = await asyncio.open_connection(*_address(room), family=socket.AF_INET)
    writer.write(_put(image_id, header))
    reply = await reader.read(4096)
    writer.close()
    return reply


async def _until(room, image_id, status):
    """Poll with a deadline: what another connection caused has no event to await."""
    async with asyncio.timeout(20):
        while (await room.show(image_id))["status"] != status:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
