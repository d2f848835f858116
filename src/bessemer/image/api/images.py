"""`/v2/images`: the images themselves, their tags, and switching them off and on."""

from typing import Any, Final
from urllib.parse import urlencode

from bessemer.image.api.bodies import image_body
from bessemer.image.domain.image import Event
from bessemer.image.domain.query import parse_query
from bessemer.image.operations.catalogue import Catalogue
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Reply, Route

PATCH_TYPES: Final = (
    "application/openstack-images-v2.1-json-patch",
    "application/openstack-images-v2.0-json-patch",
)


class ImagesApi:
    """Handlers of `/v2/images`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._verbs = catalogue

    async def list(self, call: Call) -> Reply:
        """One page; `next` where it is full."""
        query = parse_query(call.query.multi_items())
        found = await self._verbs.list(call.context, query)
        rest = [(name, value) for name, value in call.query.multi_items() if name != "marker"]
        body: dict[str, Any] = {
            "images": [image_body(image) for image in found],
            "schema": "/v2/schemas/images",
            "first": "/v2/images" + (f"?{urlencode(rest)}" if rest else ""),
        }
        if found and len(found) == query.limit:
            body["next"] = f"/v2/images?{urlencode([*rest, ('marker', found[-1].id)])}"
        return Reply(body)

    async def create(self, call: Call) -> Reply:
        """201 and the image, queued."""
        image = await self._verbs.create(call.context, call.body)
        location = f"{call.base_url()}/image/v2/images/{image.id}"
        return Reply(image_body(image), headers={"Location": location})

    async def show(self, call: Call) -> Reply:
        """One image."""
        return Reply(image_body(await self._verbs.get(call.context, call.path["image_id"])))

    async def change(self, call: Call) -> Reply:
        """A JSON patch in one of Glance's media types; 415 for any other."""
        kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in PATCH_TYPES:
            return Reply(_unsupported(), status=415, headers={"Accept-Patch": PATCH_TYPES[0]})
        image = await self._verbs.change(call.context, call.path["image_id"], call.body)
        return Reply(image_body(image))

    async def delete(self, call: Call) -> Reply:
        """204."""
        await self._verbs.delete(call.context, call.path["image_id"])
        return Reply()

    async def add_tag(self, call: Call) -> Reply:
        """204, also when the image had it."""
        image_id, tag = call.path["image_id"], call.path["tag"]
        await self._verbs.tag(call.context, image_id, tag, present=True)
        return Reply()

    async def remove_tag(self, call: Call) -> Reply:
        """204, or 404 when the image had no such tag."""
        image_id, tag = call.path["image_id"], call.path["tag"]
        await self._verbs.tag(call.context, image_id, tag, present=False)
        return Reply()

    async def deactivate(self, call: Call) -> Reply:
        """204; the image's bytes are served no more."""
        await self._verbs.transition(call.context, call.path["image_id"], Event.DEACTIVATE)
        return Reply()

    async def reactivate(self, call: Call) -> Reply:
        """204."""
        await self._verbs.transition(call.context, call.path["image_id"], Event.REACTIVATE)
        return Reply()


def _unsupported() -> JsonObject:
    title = "Unsupported Media Type"
    message = f"A patch of an image needs the content type {PATCH_TYPES[0]}."
    return {"message": message, "code": f"415 {title}", "title": title}


def image_routes(catalogue: Catalogue) -> tuple[Route, ...]:
    """`/v2/images` and below, but for the bytes."""
    api = ImagesApi(catalogue)
    one = "/v2/images/{image_id}"
    tag = one + "/tags/{tag}"
    return (
        Route("GET", "/v2/images", api.list, "get_images"),
        Route("POST", "/v2/images", api.create, "add_image", body=dict[str, Any], status=201),
        Route("GET", one, api.show, "get_image"),
        Route("PATCH", one, api.change, "modify_image", body=list[Any]),
        Route("DELETE", one, api.delete, "delete_image", status=204),
        Route("PUT", tag, api.add_tag, "modify_image", status=204),
        Route("DELETE", tag, api.remove_tag, "modify_image", status=204),
        Route("POST", one + "/actions/deactivate", api.deactivate, "deactivate", status=204),
        Route("POST", one + "/actions/reactivate", api.reactivate, "reactivate", status=204),
    )
