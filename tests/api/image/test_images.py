"""`/v2/images`: create, show, list, change, delete."""

import uuid

import pytest
from tests.api.image.room import PATCH, V2


async def test_create_answers_201_with_what_was_asked_and_the_defaults(room):
    answer = await room.post(
        V2,
        {
            "name": "debian",
            "disk_format": "qcow2",
            "container_format": "bare",
            "hw_firmware_type": "uefi",
            "tags": ["b", "a"],
            "min_disk": 4,
        },
    )
    image = answer.json
    assert answer.status == 201
    assert answer.headers["Location"].endswith(f"{V2}/{image['id']}")
    assert (
        image
        | {
            "status": "queued",
            "visibility": "shared",
            "protected": False,
            "size": None,
            "checksum": None,
            "hw_firmware_type": "uefi",
            "tags": ["a", "b"],
            "min_disk": 4,
            "min_ram": 0,
            "file": f"/v2/images/{image['id']}/file",
            "schema": "/v2/schemas/image",
        }
        == image
    )
    assert image["created_at"].endswith("Z")
    assert (await room.show(image["id"])) == image


@pytest.mark.parametrize(
    ("attributes", "status", "word"),
    [
        ({"status": "active"}, 403, "read-only"),
        ({"size": 5}, 403, "read-only"),
        ({"min_disk": -1}, 400, "min_disk"),
        ({"min_ram": True}, 400, "min_ram"),
        ({"min_disk": 2**40}, 400, "min_disk"),
        ({"disk_format": "floppy"}, 400, "disk_format"),
        ({"visibility": "secret"}, 400, "visibility"),
        ({"name": "n" * 256}, 400, "255"),
        ({"name": "a\0b"}, 400, "null character"),
        ({"protected": "yes"}, 400, "protected"),
        ({"id": "../../etc/passwd"}, 400, "UUID"),
        ({"kernel_id": 7}, 400, "kernel_id"),
        ({"tags": "a"}, 400, "tags"),
        ({f"p{n}": "" for n in range(129)}, 413, "128"),
    ],
)
async def test_create_refuses_what_makes_no_sense(room, attributes, status, word):
    answer = await room.post(V2, attributes)
    assert answer.status == status
    assert word in answer.json["message"]
    assert answer.json["code"].startswith(str(status))
    assert (await room.get(V2)).json["images"] == []


async def test_an_id_may_be_chosen_once(room):
    chosen = str(uuid.uuid4())
    assert await room.create(id=chosen) == chosen
    again = await room.post(V2, {"id": chosen})
    assert again.status == 409


async def test_an_unknown_image_is_404_in_glances_form(room):
    answer = await room.get(f"{V2}/nothing")
    assert answer.status == 404
    assert answer.json == {
        "message": "No image found with ID nothing",
        "code": "404 Not Found",
        "title": "Not Found",
    }


async def test_patch_adds_replaces_and_removes(room):
    image_id = await room.create(kernel_id="k", odd="gone")
    answer = await room.patch(
        image_id,
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/ramdisk_id", "value": "r"},
        {"op": "remove", "path": "/odd"},
        {"op": "add", "path": "/a~1b~0c", "value": "pointer"},
        {"op": "replace", "path": "/tags", "value": ["t"]},
        {"op": "replace", "path": "/protected", "value": True},
    )
    image = await room.show(image_id)
    assert answer.json == image
    assert (image["name"], image["kernel_id"], image["ramdisk_id"]) == ("new", "k", "r")
    assert image["a/b~c"] == "pointer"
    assert image["tags"] == ["t"]
    assert image["protected"] is True
    assert "odd" not in image


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/status", "value": "active"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403),
        ({"op": "remove", "path": "/name"}, 403),
        ({"op": "remove", "path": "/absent"}, 409),
        ({"op": "replace", "path": "/absent", "value": "x"}, 409),
        ({"op": "move", "from": "/a", "path": "/b"}, 400),
        ({"op": "remove", "path": ""}, 400),
        ({"op": "remove", "path": "/"}, 400),
        ({"op": "add", "path": "/a/b", "value": "x"}, 400),
        ({"op": "add", "path": "/a"}, 400),
        ({"op": "add", "path": 5, "value": "x"}, 400),
        ("nonsense", 400),
    ],
)
async def test_a_bad_patch_changes_nothing(room, operation, status):
    image_id = await room.create()
    before = await room.show(image_id)
    answer = await room.patch(
        image_id, {"op": "replace", "path": "/name", "value": "new"}, operation
    )
    assert answer.status == status
    assert await room.show(image_id) == before


async def test_a_patch_in_another_media_type_is_415(room):
    image_id = await room.create()
    answer = await room.request("PATCH", f"{V2}/{image_id}", json=[])
    assert answer.status == 415
    assert answer.headers["Accept-Patch"] == PATCH["Content-Type"]


async def test_a_protected_image_cannot_be_deleted_until_it_is_unprotected(room):
    image_id = await room.an_image(protected=True)
    refused = await room.request("DELETE", f"{V2}/{image_id}")
    assert refused.status == 403
    assert "protected" in refused.json["message"]
    await room.patch(image_id, {"op": "replace", "path": "/protected", "value": False})
    assert (await room.request("DELETE", f"{V2}/{image_id}")).status == 204
    assert (await room.get(f"{V2}/{image_id}")).status == 404
    assert room.files() == []


async def test_tags_come_and_go(room):
    image_id = await room.create()
    assert (await room.request("PUT", f"{V2}/{image_id}/tags/lts")).status == 204
    assert (await room.request("PUT", f"{V2}/{image_id}/tags/lts")).status == 204
    assert (await room.show(image_id))["tags"] == ["lts"]
    assert (await room.request("DELETE", f"{V2}/{image_id}/tags/lts")).status == 204
    assert (await room.request("DELETE", f"{V2}/{image_id}/tags/lts")).status == 404


async def test_schemas_stores_and_import_methods_are_described(room):
    schema = (await room.get("/image/v2/schemas/image")).json
    assert set(await room.show(await room.create())) <= set(schema["properties"])
    assert (await room.get("/image/v2/schemas/images")).json["name"] == "images"
    assert (await room.get("/image/v2/info/stores")).json["stores"][0]["id"] == "file"
    assert (await room.get("/image/v2/info/import")).json["import-methods"]["value"] == []


@pytest.mark.parametrize("path", ["/image", "/image/", "/image/versions"])
async def test_versions_need_no_login(room, path):
    document = (await room.get(path)).json
    assert document["versions"][0]["status"] == "CURRENT"
    assert document["versions"][0]["links"][0]["href"] == f"{room.base_url}/image/v2/"
