"""Version documents of the identity service."""

from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Call, Reply, Route


def _version(base_url: str) -> JsonObject:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{base_url}/identity/v3/"}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        ],
    }


async def list_versions(call: Call) -> Reply:
    """`GET /identity`: 300, as Keystone answers."""
    return Reply({"versions": {"values": [_version(call.base_url())]}})


async def show_version(call: Call) -> Reply:
    """`GET /identity/v3`."""
    return Reply({"version": _version(call.base_url())})


ROUTES = (
    Route("GET", "/", list_versions, "identity:versions", Access.PUBLIC, status=300),
    Route("GET", "/v3", show_version, "identity:version", Access.PUBLIC),
    Route("GET", "/v3/", show_version, "identity:version", Access.PUBLIC),
)
