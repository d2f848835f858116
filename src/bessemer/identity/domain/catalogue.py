"""The service catalogue: one table, filled in with the base URL that the client used."""

from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from bessemer.json_types import JsonObject

INTERFACES: Final = ("public", "internal", "admin")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One service. `{project_id}` in the path: left out of catalogues of tokens without project."""

    type: str
    name: str
    path: str

    @property
    def id(self) -> str:
        """The same in every installation, so that nothing has to be stored."""
        return uuid5(NAMESPACE_URL, f"bessemer:service:{self.type}").hex


ENTRIES: Final = (
    CatalogueEntry("baremetal", "bessemer-baremetal", "/"),
    CatalogueEntry("compute", "bessemer-compute", "/compute/v2.1"),
    CatalogueEntry("identity", "bessemer-identity", "/identity/v3"),
    CatalogueEntry("image", "bessemer-image", "/image"),
    CatalogueEntry("network", "bessemer-network", "/network"),
    CatalogueEntry("object-store", "bessemer-object-store", "/object-store/v1/AUTH_{project_id}"),
)


def catalogue(base_url: str, region: str, project_id: str | None) -> list[JsonObject]:
    """The `catalog` of a token (Identity API v3). `base_url` is without a trailing slash."""
    return [
        {
            "id": entry.id,
            "type": entry.type,
            "name": entry.name,
            "endpoints": endpoints(entry, base_url, region, project_id),
        }
        for entry in ENTRIES
        if project_id is not None or "{project_id}" not in entry.path
    ]


def endpoints(
    entry: CatalogueEntry, base_url: str, region: str, project_id: str | None
) -> list[JsonObject]:
    """One endpoint per interface; all three lead to the same place."""
    path = entry.path.replace("{project_id}", project_id or "$(project_id)s")
    return [
        {
            "id": uuid5(NAMESPACE_URL, f"bessemer:endpoint:{entry.type}:{interface}").hex,
            "interface": interface,
            "region": region,
            "region_id": region,
            "url": f"{base_url}{path}",
        }
        for interface in INTERFACES
    ]
