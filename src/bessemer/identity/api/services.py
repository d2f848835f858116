"""`/v3/services`, `/v3/endpoints`, `/v3/regions`: the catalogue, read only."""

from bessemer.identity.domain.catalogue import ENTRIES, CatalogueEntry, endpoints
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route


class ServicesApi:
    """Handlers; nothing is stored, see `domain/catalogue.py`."""

    def __init__(self, region: str) -> None:
        self._region = region

    async def services(self, call: Call) -> Reply:
        """All, or of one `type`."""
        return Reply({"services": [_service(entry) for entry in _wanted(call)], "links": {}})

    async def endpoints(self, call: Call) -> Reply:
        """All, or of one `service_id` or `interface`."""
        found = [
            {**item, "service_id": entry.id, "enabled": True, "links": {}}
            for entry in ENTRIES
            if call.query.get("service_id", entry.id) == entry.id
            for item in endpoints(entry, call.base_url(), self._region, None)
            if call.query.get("interface", item["interface"]) == item["interface"]
        ]
        return Reply({"endpoints": found, "links": {}})

    async def regions(self, _call: Call) -> Reply:
        """The one region."""
        region: JsonObject = {
            "id": self._region,
            "description": "",
            "parent_region_id": None,
            "links": {},
        }
        return Reply({"regions": [region], "links": {}})


def _wanted(call: Call) -> list[CatalogueEntry]:
    return [entry for entry in ENTRIES if call.query.get("type", entry.type) == entry.type]


def _service(entry: CatalogueEntry) -> JsonObject:
    return {"id": entry.id, "type": entry.type, "name": entry.name, "enabled": True, "links": {}}


def service_routes(region: str) -> tuple[Route, ...]:
    """All of them."""
    api = ServicesApi(region)
    return (
        Route("GET", "/v3/services", api.services, "identity:list_services"),
        Route("GET", "/v3/endpoints", api.endpoints, "identity:list_endpoints"),
        Route("GET", "/v3/regions", api.regions, "identity:list_regions"),
    )
