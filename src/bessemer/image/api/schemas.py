"""`/v2/schemas/…`: JSON Schema documents of what the API speaks; clients validate with them."""

from typing import Any, Final

from bessemer.image.domain.attributes import CONTAINER_FORMATS, DISK_FORMATS, READ_ONLY
from bessemer.image.domain.image import Status, Visibility
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route

_TEXT: Final = {"type": ["null", "string"]}
_NUMBER: Final = {"type": ["null", "integer"]}
_ATTRIBUTES: Final[dict[str, dict[str, Any]]] = {
    "id": {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "name": {"type": ["null", "string"], "maxLength": 255},
    "status": {"type": "string", "enum": [status.value for status in Status]},
    "status_detail": {"type": "string"},
    "visibility": {"type": "string", "enum": [visibility.value for visibility in Visibility]},
    "protected": {"type": "boolean"},
    "os_hidden": {"type": "boolean"},
    "owner": {"type": ["null", "string"], "maxLength": 255},
    "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS]},
    "container_format": {"type": ["null", "string"], "enum": [None, *CONTAINER_FORMATS]},
    "size": _NUMBER,
    "virtual_size": _NUMBER,
    "checksum": _TEXT,
    "os_hash_algo": _TEXT,
    "os_hash_value": _TEXT,
    "min_disk": {"type": "integer"},
    "min_ram": {"type": "integer"},
    "created_at": {"type": "string"},
    "updated_at": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string", "maxLength": 255}},
    "self": {"type": "string"},
    "file": {"type": "string"},
    "schema": {"type": "string"},
}


def image_schema() -> JsonObject:
    """One image; further properties are strings."""
    return {
        "name": "image",
        "properties": {
            name: kind | ({"readOnly": True} if name in READ_ONLY else {})
            for name, kind in _ATTRIBUTES.items()
        },
        "additionalProperties": {"type": "string"},
        "links": [
            {"rel": "self", "href": "{self}"},
            {"rel": "enclosure", "href": "{file}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }


def images_schema() -> JsonObject:
    """A page of images."""
    return {
        "name": "images",
        "properties": {
            "images": {"type": "array", "items": image_schema()},
            "first": {"type": "string"},
            "next": {"type": "string"},
            "schema": {"type": "string"},
        },
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }


async def _show_image(_call: Call) -> Reply:
    return Reply(image_schema())


async def _show_images(_call: Call) -> Reply:
    return Reply(images_schema())


ROUTES: Final = (
    Route("GET", "/v2/schemas/image", _show_image, "get_schemas"),
    Route("GET", "/v2/schemas/images", _show_images, "get_schemas"),
)
