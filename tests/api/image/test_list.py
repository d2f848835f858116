"""`GET /v2/images`: who sees what, filters, order, pages."""

import pytest
from tests.api.image.room import V2


async def names(room, query=""):
    answer = await room.get(V2 + query)
    assert answer.status == 200, answer.content
    return [image["name"] for image in answer.json["images"]]


async def test_newest_first_and_hidden_ones_only_when_asked(room):
    for name in ("one", "two"):
        await room.create(name=name)
    await room.create(name="old", os_hidden=True)
    assert sorted(await names(room)) == ["one", "two"]
    assert await names(room, "?os_hidden=true") == ["old"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?name=a", ["a"]),
        ("?name=in:a,c", ["a", "c"]),
        ("?status=active", ["b"]),
        ("?disk_format=iso", ["c"]),
        ("?tag=x&tag=y", ["a"]),
        ("?tag=x", ["a", "b"]),
        ("?os_distro=debian", ["c"]),
        ("?protected=true", ["c"]),
        ("?size_min=1&size_max=100", ["b"]),
        ("?min_disk=7", ["a"]),
        ("?visibility=public", ["b"]),
        ("?created_at=gt:2020-01-01T00:00:00Z", ["a", "b", "c"]),
        ("?created_at=lt:2020-01-01T00:00:00Z", []),
        ("?owner=nobody", []),
    ],
)
async def test_filters(room, query, found):
    await room.create(name="a", tags=["x", "y"], min_disk=7)
    await room.an_image(name="b", tags=["x"], visibility="public")
    await room.create(name="c", disk_format="iso", os_distro="debian", protected=True)
    assert sorted(await names(room, query)) == found


@pytest.mark.parametrize(
    "query",
    [
        *("?limit=-1", "?limit=x", "?sort_key=secret", "?sort_dir=up", "?visibility=odd"),
        *(
            "?size_min=many",
            "?created_at=yesterday",
            "?created_at=0001-01-01T00:00:00%2B14:00",
            "?protected=perhaps",
            "?sort=name:up",
        ),
        "?sort=name&sort_key=name",
    ],
)
async def test_bad_queries_are_400(room, query):
    assert (await room.get(V2 + query)).status == 400


@pytest.mark.parametrize(
    "order", ["sort=name:asc", "sort_key=size&sort_dir=desc", "sort=disk_format:asc,name:desc", ""]
)
async def test_pages_hold_every_image_once_also_where_keys_are_equal_or_missing(room, order):
    expected = set()
    for n in range(7):
        name = None if n % 3 == 0 else f"n{n % 2}"
        expected.add(await room.create(name=name, disk_format="raw" if n % 2 else None))
    expected.add(await room.an_image())
    url, seen = f"{V2}?limit=3&{order}", []
    while url is not None:
        page = (await room.get(url)).json
        seen += [image["id"] for image in page["images"]]
        url = "/image" + page["next"] if "next" in page else None
    assert len(seen) == 8
    assert set(seen) == expected


async def test_an_unknown_marker_is_404(room):
    assert (await room.get(f"{V2}?marker=nothing")).status == 404


async def test_projects_see_their_own_and_public_images(room):
    await room.create(name="admins")
    shown = await room.create(name="everybodys", visibility="public")
    listed = await room.create(name="communitys", visibility="community")
    room.as_project = {"X-Project": "shop"}
    mine = await room.create(name="mine")
    assert sorted(await names(room)) == ["everybodys", "mine"]
    assert sorted(await names(room, "?visibility=community")) == ["communitys"]
    assert (await room.get(f"{V2}/{listed}")).status == 200
    assert (await room.show(mine))["owner"] == "shop"
    room.as_project = {"X-Project": "other"}
    assert (await room.get(f"{V2}/{mine}")).status == 404
    assert (await room.upload(mine, b"x")).status == 404
    assert (await room.request("DELETE", f"{V2}/{shown}")).status == 403
    assert (await room.upload(shown, b"x")).status == 403
    rename = {"op": "replace", "path": "/name", "value": "x"}
    assert (await room.patch(shown, rename)).status == 403


async def test_only_administrators_publish_or_give_away(room):
    room.as_project = {"X-Project": "shop"}
    mine = await room.create()
    assert (await room.post(V2, {"visibility": "public"})).status == 403
    assert (await room.post(V2, {"owner": "other"})).status == 403
    for path, value in (("/visibility", "public"), ("/owner", "other")):
        answer = await room.patch(mine, {"op": "replace", "path": path, "value": value})
        assert answer.status == 403
