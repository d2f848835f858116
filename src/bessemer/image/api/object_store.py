"""`/object-store/v1/…`: image bytes by signed temporary URLs; no login, the signature is the key."""

from starlette.responses import Response

from bessemer.clock import now
from bessemer.context import admin_context
from bessemer.errors import NotFound
from bessemer.image.api.bodies import error_body
from bessemer.image.api.data import image_response
from bessemer.image.domain.image import Status
from bessemer.image.domain.temporary_url import CONTAINER_PATH, PREFIX, object_path
from bessemer.image.service import EmbeddedImages
from bessemer.web.routes import Access, Call, Route, Service


def object_store_service(images: EmbeddedImages) -> Service:
    """GET and HEAD of temporary URLs; may be mounted on several listeners."""

    async def serve(call: Call) -> Response:
        image_id = call.path["image_id"]
        images.signer.check(object_path(image_id), call.query, now())
        image = await images.catalogue.get(admin_context(call.context.request_id), image_id)
        if image.status is not Status.ACTIVE:
            raise NotFound(f"Image {image_id} is {image.status}: it has no data to serve.")
        return image_response(images, image, call)

    route = Route("GET", CONTAINER_PATH + "/{image_id}", serve, "temporary_url", Access.PUBLIC)
    return Service("object-store", PREFIX, (route,), error_body)
