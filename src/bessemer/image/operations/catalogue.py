"""Finding, making, changing and removing images: everything but their bytes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.errors import Conflict, Forbidden, NotFound
from bessemer.image.domain.attributes import (
    MAX_NAME,
    check_properties,
    image_id,
    is_property,
    parse_attribute,
    parse_property,
    text,
)
from bessemer.image.domain.image import Event, Image, Visibility, next_status
from bessemer.image.domain.patch import patched
from bessemer.image.domain.query import ImageQuery
from bessemer.image.store.files import ImageFiles
from bessemer.image.store.images import (
    add_image,
    find_image,
    ids_named,
    remove_image,
    save_image,
    set_status,
)
from bessemer.image.store.listing import list_images


class Catalogue:
    """Verbs on images, each for one caller. All raise NotFound for what the caller may not see."""

    def __init__(self, database: Database, files: ImageFiles) -> None:
        self._database = database
        self._files = files

    async def get(self, context: RequestContext, ident: str) -> Image:
        """By id."""
        async with self._database.read() as connection:
            return await visible(connection, context, ident)

    async def get_by_id_or_name(self, context: RequestContext, ident: str) -> Image:
        """Raises Conflict when several visible images have this name."""
        async with self._database.read() as connection:
            ids = [ident, *await ids_named(connection, ident)]
            found = [await find_image(connection, each) for each in ids]
        seen = {image.id: image for image in found if image and image.is_visible_to(context)}
        if ident in seen:
            return seen[ident]
        if len(seen) > 1:
            raise Conflict(
                f"{len(seen)} images are called {ident!r}: name the one meant by its id."
            )
        if not seen:
            raise not_found(ident)
        return next(iter(seen.values()))

    async def list(self, context: RequestContext, query: ImageQuery) -> Sequence[Image]:
        """One page."""
        viewer = None if context.is_admin else context.project_id or ""
        async with self._database.read() as connection:
            after = None
            if query.marker is not None:
                after = await visible(connection, context, query.marker)
            return await list_images(connection, query, after, viewer)

    async def create(self, context: RequestContext, attributes: Mapping[str, Any]) -> Image:
        """A queued image without data. Raises Invalid, Forbidden, Conflict when the id is taken."""
        image = _new(context, attributes)
        _check_publicity(context, image.visibility, None)
        try:
            async with self._database.write() as connection:
                await add_image(connection, image)
        except IntegrityError as error:
            raise Conflict(f"Image ID {image.id} already exists.") from error
        return image

    async def change(self, context: RequestContext, ident: str, operations: Sequence[Any]) -> Image:
        """Apply a JSON patch, all of it or nothing."""
        async with self._database.write() as connection:
            image = await owned(connection, context, ident)
            changed = patched(image, operations)
            _check_publicity(context, changed.visibility, image.visibility)
            if changed.owner != image.owner and not context.is_admin:
                raise Forbidden("Only an administrator may give an image to another project.")
            changed = replace(changed, updated_at=now())
            await save_image(connection, changed)
        return changed

    async def tag(self, context: RequestContext, ident: str, tag: str, *, present: bool) -> None:
        """Put a tag on or take it off. Raises NotFound when there is none to take off."""
        value = text("tag", tag, MAX_NAME)
        async with self._database.write() as connection:
            image = await owned(connection, context, ident)
            if not present and value not in image.tags:
                raise NotFound(f"Image {ident} has no tag {value!r}.")
            wanted = image.tags | {value} if present else image.tags - {value}
            tags = [{"op": "replace", "path": "/tags", "value": sorted(wanted)}]
            await save_image(connection, replace(patched(image, tags), updated_at=now()))

    async def transition(self, context: RequestContext, ident: str, event: Event) -> None:
        """Deactivate or reactivate. Raises TransitionRefused."""
        async with self._database.write() as connection:
            image = await owned(connection, context, ident)
            target = next_status(image.status, event)
            await set_status(connection, image.id, image.status, target, updated_at=now())

    async def delete(self, context: RequestContext, ident: str) -> None:
        """Remove the image and its bytes. Raises Forbidden for a protected one."""
        async with self._database.write() as connection:
            image = await owned(connection, context, ident)
            if image.protected:
                raise Forbidden(f"Image {ident} is protected and cannot be deleted.")
            await remove_image(connection, image.id)
        self._files.remove(image.id)


async def visible(connection: AsyncConnection, context: RequestContext, ident: str) -> Image:
    """The image if this caller may see it. Raises NotFound."""
    image = await find_image(connection, ident)
    if image is None or not image.is_visible_to(context):
        raise not_found(ident)
    return image


async def owned(connection: AsyncConnection, context: RequestContext, ident: str) -> Image:
    """The image if this caller may change it. Raises NotFound, Forbidden."""
    image = await visible(connection, context, ident)
    if not image.is_owned_by(context):
        raise Forbidden(f"Image {ident} belongs to another project; only its owner may change it.")
    return image


def not_found(ident: str) -> NotFound:
    """In Glance's words."""
    return NotFound(f"No image found with ID {ident[:255]}")


def _new(context: RequestContext, attributes: Mapping[str, Any]) -> Image:
    rest = dict(attributes)
    moment = now()
    ident = image_id(rest.pop("id")) if "id" in rest else str(uuid.uuid4())
    own = {name: parse_property(name, rest.pop(name)) for name in list(rest) if is_property(name)}
    check_properties(own)
    values = dict(parse_attribute(name, value) for name, value in rest.items())
    if values.get("owner", context.project_id) != context.project_id and not context.is_admin:
        raise Forbidden("Only an administrator may make an image for another project.")
    values.setdefault("owner", context.project_id)
    return Image(id=ident, created_at=moment, updated_at=moment, properties=own, **values)


def _check_publicity(
    context: RequestContext, wanted: Visibility, before: Visibility | None
) -> None:
    if wanted is Visibility.PUBLIC and before is not wanted and not context.is_admin:
        raise Forbidden("Policy publicize_image needs the admin role.")
