"""`GET /` and `GET /v1`: what the API is and which microversions it speaks."""

from collections.abc import Mapping
from typing import Final

from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.microversions import MAXIMUM, MINIMUM
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Access, Call, Reply, Route

_MEDIA_TYPE: Final = "application/vnd.openstack.ironic.v1+json"

OPERATORS: Final = {
    "chassis": 1,
    "nodes": 1,
    "ports": 1,
    "drivers": 1,
    "portgroups": 23,
    "volume": 32,
    "conductors": 49,
    "allocations": 52,
    "events": 54,
    "deploy_templates": 55,
    "shards": 82,
    "runbooks": 92,
    "inspection_rules": 96,
}
"""What `GET /v1` links to, and since which microversion."""

RAMDISK: Final = {"lookup": 22, "heartbeat": 22, "continue_inspection": 84}


def version_routes(resources: Mapping[str, int]) -> tuple[Route, ...]:
    """The version documents of a listener that serves these resources."""

    async def root(call: Call) -> Reply:
        """Which versions of the API there are."""
        version = _version(call)
        return Reply(
            {
                "name": "OpenStack Ironic API",
                "description": "Bessemer: bare metal provisioning, compatible with Ironic.",
                "default_version": version,
                "versions": [version],
            }
        )

    async def v1(call: Call) -> Reply:
        """What the asked microversion offers, and where it is."""
        base = api_url(call)
        shown: dict[str, Json] = {
            "id": "v1",
            "links": [{"href": f"{base}/v1/", "rel": "self"}],
            "media_types": [{"base": "application/json", "type": _MEDIA_TYPE}],
            "version": _version(call),
        }
        for name, since in resources.items():
            if since <= call.version.minor:
                shown[name] = links(base, f"{name}/")
        return Reply(shown)

    return tuple(
        Route("GET", path, handler, "baremetal:versions", Access.PUBLIC)
        for path, handler in (("/", root), ("/v1", v1), ("/v1/", v1))
    )


def _version(call: Call) -> JsonObject:
    return {
        "id": "v1",
        "links": [{"href": f"{api_url(call)}/v1/", "rel": "self"}],
        "status": "CURRENT",
        "min_version": str(MINIMUM),
        "version": str(MAXIMUM),
    }
