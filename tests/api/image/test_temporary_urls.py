"""Temporary URLs: signed, expiring, with ranges."""

import random
from datetime import timedelta

import pytest

from bessemer.context import admin_context
from bessemer.errors import Conflict, NotFound

DATA = random.Random(1).randbytes(3_000_001)
HOUR = timedelta(hours=1)


@pytest.fixture
async def url(room):
    image_id = await room.an_image(DATA)
    return await room.images.temporary_url(
        admin_context(), image_id, base_url=room.base_url + "/", lifetime=HOUR
    )


async def test_get_needs_nothing_but_the_url(room, url):
    room.as_project = {"X-Project": "nobody"}
    answer = await room.get(url)
    assert answer.status == 200
    assert answer.content == DATA
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert "/object-store/v1/AUTH_bessemer/images/" in url


async def test_head_tells_length_and_etag_without_a_body(room, url):
    answer = await room.request("HEAD", url)
    assert answer.status == 200
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["ETag"].strip('"')
    assert answer.content == b""


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        ("bytes=0-0", 206, DATA[:1]),
        ("bytes=1000000-2000000", 206, DATA[1000000:2000001]),
        ("bytes=3000000-", 206, DATA[-1:]),
        ("bytes=-5", 206, DATA[-5:]),
        ("bytes=2999999-9999999999", 206, DATA[-2:]),
        ("bytes=3000001-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=5-1", 200, DATA),
        ("bytes=0-1,5-6", 200, DATA),
        ("lines=0-1", 200, DATA),
        ("bytes=" + "9" * 30 + "-", 200, DATA),
    ],
)
async def test_ranges(room, url, header, status, part):
    answer = await room.get(url, Range=header)
    assert answer.status == status
    assert answer.content == part
    if status == 206:
        stop = len(DATA) if DATA.endswith(part) else DATA.index(part) + len(part)
        expected = f"bytes {stop - len(part)}-{stop - 1}/{len(DATA)}"
        assert answer.headers["Content-Range"] == expected
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


async def test_if_range_with_another_etag_sends_the_whole(room, url):
    etag = (await room.request("HEAD", url)).headers["ETag"]
    assert (await room.get(url, Range="bytes=5-", If_Range=etag)).status == 206
    assert (await room.get(url, Range="bytes=5-", If_Range='"other"')).status == 200
    assert (await room.get(url, Range="bytes=5-", If_Range="W/" + etag)).status == 200


async def test_an_expired_url_is_401_in_plain_words(room):
    image_id = await room.an_image()
    url = await room.images.temporary_url(
        admin_context(), image_id, base_url=room.base_url, lifetime=timedelta(seconds=-1)
    )
    answer = await room.get(url)
    assert answer.status == 401
    assert "has expired" in answer.json["message"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: url.replace("temp_url_sig=", "temp_url_sig=0"),
        lambda url: url[:-1] + str((int(url[-1]) + 1) % 10),
        lambda url: url + "0",
        lambda url: url.partition("?")[0],
        lambda url: url.partition("&")[0],
        lambda url: url.partition("?")[0] + "?temp_url_sig=%ff&temp_url_expires=1",
        lambda url: url.replace("expires=", "expires=-"),
        lambda url: url.replace("expires=", "expires=1e"),
    ],
)
async def test_a_spoiled_url_is_401(room, url, spoil):
    assert (await room.get(spoil(url))).status == 401


async def test_a_signature_opens_one_image_only(room, url):
    other = await room.an_image(b"other")
    head, _, query = url.partition("?")
    answer = await room.get(f"{head.rpartition('/')[0]}/{other}?{query}")
    assert answer.status == 401


async def test_a_url_dies_with_its_image(room, url):
    image_id = url.partition("?")[0].rpartition("/")[2]
    await room.request("DELETE", f"/image/v2/images/{image_id}")
    assert (await room.get(url)).status == 404


async def test_there_is_no_url_for_an_image_without_data(room):
    with pytest.raises(NotFound):
        await room.images.temporary_url(admin_context(), "no", base_url="", lifetime=HOUR)
    image_id = await room.create()
    with pytest.raises(Conflict, match="queued"):
        await room.images.temporary_url(admin_context(), image_id, base_url="", lifetime=HOUR)


async def test_the_key_survives_and_only_its_owner_reads_it(room):
    key = room.directory / "temporary-url.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32
