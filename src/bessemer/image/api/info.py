"""What the image service can do: version documents, stores, ways to import."""

from typing import Final

from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Call, Reply, Route

# 2.9 brought `checksum` with `os_hash_*` in place; what came later is about several stores.
_CURRENT: Final = "v2.9"
_SUPPORTED: Final = ("v2.7", "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0")


def _versions(base_url: str) -> JsonObject:
    links = [{"rel": "self", "href": f"{base_url}/image/v2/"}]
    older = [{"id": name, "status": "SUPPORTED", "links": links} for name in _SUPPORTED]
    return {"versions": [{"id": _CURRENT, "status": "CURRENT", "links": links}, *older]}


async def _list_versions(call: Call) -> Reply:
    return Reply(_versions(call.base_url()))


async def _show_stores(_call: Call) -> Reply:
    store = {"id": "file", "default": "true", "description": "files of the embedded image service"}
    return Reply({"stores": [store]})


async def _show_import(_call: Call) -> Reply:
    methods = {"description": "Import methods available.", "type": "array", "value": []}
    return Reply({"import-methods": methods})


ROUTES: Final = (
    Route("GET", "/", _list_versions, "versions", Access.PUBLIC, status=300),
    Route("GET", "/versions", _list_versions, "versions", Access.PUBLIC),
    Route("GET", "/v2", _list_versions, "versions", Access.PUBLIC),
    Route("GET", "/v2/", _list_versions, "versions", Access.PUBLIC),
    Route("GET", "/v2/info/stores", _show_stores, "stores_info"),
    Route("GET", "/v2/info/import", _show_import, "import_info"),
)
