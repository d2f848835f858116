"""Images as Glance's API v2 writes them, and its error body."""

from datetime import UTC, datetime
from http import HTTPStatus

from bessemer.context import RequestContext
from bessemer.errors import BessemerError
from bessemer.image.domain.image import HASH_ALGORITHM, Image
from bessemer.json_types import JsonObject


def error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    """Glance's: `{"message", "code": "404 Not Found", "title"}`."""
    title = HTTPStatus(status).phrase
    return {"message": error.message, "code": f"{status} {title}", "title": title}


def image_body(image: Image) -> JsonObject:
    """One image; properties of the client's own lie beside the attributes."""
    body = {
        **image.properties,
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "visibility": image.visibility,
        "protected": image.protected,
        "os_hidden": image.hidden,
        "owner": image.owner,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "checksum": image.checksum,
        "os_hash_algo": HASH_ALGORITHM if image.hash_value else None,
        "os_hash_value": image.hash_value,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "created_at": _moment(image.created_at),
        "updated_at": _moment(image.updated_at),
        "tags": sorted(image.tags),
        "self": f"/v2/images/{image.id}",
        "file": f"/v2/images/{image.id}/file",
        "schema": "/v2/schemas/image",
    }
    return body | ({"status_detail": image.detail} if image.detail else {})


def _moment(moment: datetime) -> str:
    """Glance's spelling: whole seconds and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
