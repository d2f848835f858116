"""Version documents of the compute service, and the range of microversions that it serves."""

from typing import Final

from bessemer.json_types import JsonObject
from bessemer.web.microversions import Microversion, VersionRange
from bessemer.web.routes import Access, Call, Reply, Route

VERSIONS: Final = VersionRange(
    service_type="compute",
    header="X-OpenStack-Nova-API-Version",
    minimum=Microversion(2, 1),
    maximum=Microversion(2, 96),
)


def _version(base_url: str) -> JsonObject:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": str(VERSIONS.maximum),
        "min_version": str(VERSIONS.minimum),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{base_url}/compute/v2.1/"}],
    }


async def list_versions(call: Call) -> Reply:
    """`GET /compute`."""
    return Reply({"versions": [_version(call.base_url())]})


async def show_version(call: Call) -> Reply:
    """`GET /compute/v2.1`."""
    media = {
        "base": "application/json",
        "type": "application/vnd.openstack.compute+json;version=2.1",
    }
    return Reply({"version": {**_version(call.base_url()), "media-types": [media]}})


ROUTES: Final = (
    Route("GET", "/", list_versions, "os_compute_api:versions", Access.PUBLIC),
    Route("GET", "/v2.1", show_version, "os_compute_api:version", Access.PUBLIC),
    Route("GET", "/v2.1/", show_version, "os_compute_api:version", Access.PUBLIC),
)
