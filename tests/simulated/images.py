"""A small image service in memory."""

from datetime import timedelta
from uuid import uuid4

from bessemer.context import RequestContext
from bessemer.errors import NotFound
from bessemer.image.public import ImageView


def an_image(name: str = "debian", **fields: object) -> ImageView:
    values: dict[str, object] = {
        "id": str(uuid4()),
        "name": name,
        "status": "active",
        "disk_format": "raw",
        "container_format": "bare",
        "size": 1024,
        "virtual_size": 1024,
        "checksum": None,
        "os_hash_algo": "sha512",
        "os_hash_value": "00",
    }
    return ImageView(**(values | fields))  # type: ignore[arg-type]


class SimulatedImages:
    """Implements ImageService."""

    def __init__(self, *images: ImageView) -> None:
        self.images = {image.id: image for image in images}

    async def get_image(self, context: RequestContext, ident: str) -> ImageView:
        for image in self.images.values():
            if ident in (image.id, image.name):
                return image
        raise NotFound(f"No image found with ID {ident}")

    async def temporary_url(
        self, context: RequestContext, image_id: str, *, base_url: str, lifetime: timedelta
    ) -> str:
        image = await self.get_image(context, image_id)
        return f"{base_url}/{image.id}"
