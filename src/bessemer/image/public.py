"""What other rooms may ask of the image service, and the values that cross the wall."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from bessemer.context import RequestContext


@dataclass(frozen=True, slots=True)
class ImageView:
    """One image. Sizes in bytes; `os_hash_*` are of the stored bytes."""

    id: str
    name: str
    status: str
    disk_format: str | None
    container_format: str | None
    size: int | None
    virtual_size: int | None
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    min_disk: int = 0
    min_ram: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)


class ImageService(Protocol):
    """Glance's job and an object store's temporary URLs. Idents are ids or unique names."""

    async def get_image(self, context: RequestContext, ident: str) -> ImageView:
        """Raises NotFound; Conflict when a name is ambiguous."""

    async def temporary_url(
        self, context: RequestContext, image_id: str, *, base_url: str, lifetime: timedelta
    ) -> str:
        """A signed URL (Swift's TempURL form) below `base_url` that serves the image until it expires.

        Raises NotFound, or Conflict while the image has no data.
        """
