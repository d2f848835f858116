"""`/v2/images/{id}/file`: the bytes of an image, up and down."""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from bessemer.errors import Forbidden, Invalid
from bessemer.image.api.stored_file import StoredFileResponse
from bessemer.image.domain.image import Image, Status
from bessemer.image.operations.upload import UploadBroken
from bessemer.image.service import EmbeddedImages
from bessemer.web.routes import Call, Raw, Reply, Route


class DataApi:
    """Handlers of `/v2/images/{id}/file`."""

    def __init__(self, images: EmbeddedImages) -> None:
        self._images = images

    async def upload(self, call: Call) -> Reply:
        """204 once the image is active."""
        kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/octet-stream":
            raise Invalid("Image data needs the content type application/octet-stream.")
        await self._images.uploads.upload(
            call.context, call.path["image_id"], _unbroken(call.stream()), _announced(call)
        )
        return Reply()

    async def download(self, call: Call) -> Response:
        """The bytes; 204 while there are none, as Glance answers."""
        image = await self._images.catalogue.get(call.context, call.path["image_id"])
        if image.status is Status.DEACTIVATED and not call.context.is_admin:
            raise Forbidden(f"Image {image.id} is deactivated: its data cannot be downloaded.")
        if image.status not in (Status.ACTIVE, Status.DEACTIVATED):
            return Response(status_code=204)
        return image_response(self._images, image, call)


def image_response(images: EmbeddedImages, image: Image, call: Call) -> Response:
    """An image that has data, to a GET or HEAD, whole or in part."""
    checksum = image.checksum or ""
    whole = {"Content-MD5": checksum} if "range" not in call.headers else {}
    return StoredFileResponse(call.request, images.files.path(image.id), checksum, whole)


def _announced(call: Call) -> int | None:
    """Bytes to come, as the client says: Content-Length, else Glance's own header for chunked ones."""
    for name in ("content-length", "x-openstack-image-size"):
        value = call.headers.get(name)
        if value is not None:
            if not value.isascii() or not value.isdigit() or len(value) > 18:
                raise Invalid(f"The header {name} must be a number of bytes.")
            return int(value)
    return None


async def _unbroken(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for piece in stream:
            yield piece
    except ClientDisconnect as error:
        raise UploadBroken("The client went away before the end of the image.") from error


def data_routes(images: EmbeddedImages) -> tuple[Route, ...]:
    """Upload and download."""
    api = DataApi(images)
    path = "/v2/images/{image_id}/file"
    return (
        Route("PUT", path, api.upload, "upload_image", body=Raw.STREAM, status=204),
        Route("GET", path, api.download, "download_image"),
    )
