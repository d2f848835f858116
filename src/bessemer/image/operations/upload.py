"""Receiving an image's bytes: to disk, hashed on the way, inspected, and only then active."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import structlog

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.errors import Invalid, NotFound, TooLarge
from bessemer.image.domain.attributes import OPAQUE_FORMATS
from bessemer.image.domain.image import Event, Image, Status, StoredBytes, next_status
from bessemer.image.operations.catalogue import owned
from bessemer.image.store.files import ImageFiles, Incoming
from bessemer.image.store.images import set_status
from bessemer_formats import ImageFacts, UnsafeImage, check_allowed, inspect

log = structlog.get_logger()

BATCH_BYTES: Final = 4 * 1024 * 1024
GIB: Final = 1024**3


class ImageRefused(Invalid):
    """The upload is of a kind that must not reach a disk; its bytes are gone, the image is killed."""


class UploadBroken(Invalid):
    """The client went away before the end, or sent another length than it announced."""


class Uploads:
    """Takes uploads, several at a time, each with at most two batches in memory."""

    def __init__(
        self, database: Database, files: ImageFiles, limit: int, permitted: tuple[str, ...]
    ) -> None:
        self._database = database
        self._files = files
        self._limit = limit
        self._permitted = permitted

    async def upload(
        self,
        context: RequestContext,
        ident: str,
        stream: AsyncIterator[bytes],
        announced: int | None,
    ) -> None:
        """Queued to active. `announced`: bytes that the client says it will send, if it says so.

        Raises Conflict when the image is not queued, TooLarge over the limit or on a full disk,
        UploadBroken (then the image is queued again), ImageRefused (then it is killed).
        """
        image = await self._begin(context, ident, announced)
        try:
            stored = await self._receive(image, stream, announced)
            await self._finish(image, stored)
        except ImageRefused as refusal:
            await self._end(image, Event.REFUSED, detail=refusal.message)
            log.warning("image.refused", image=image.id, reason=refusal.message)
            raise
        except BaseException:
            self._files.remove(image.id)
            await asyncio.shield(self._end(image, Event.INTERRUPTED))
            raise

    async def _begin(self, context: RequestContext, ident: str, announced: int | None) -> Image:
        async with self._database.write() as connection:
            image = await owned(connection, context, ident)
            if image.disk_format is None or image.container_format is None:
                raise Invalid(
                    "Properties disk_format, container_format must be set prior to saving data."
                )
            target = next_status(image.status, Event.UPLOAD)
            self._check_announced(announced)
            values = {"updated_at": now(), "receiver": self._files.ident}
            await set_status(connection, image.id, image.status, target, **values)
        return image

    def _check_announced(self, announced: int | None) -> None:
        if announced is None:
            return
        if announced > self._limit:
            raise TooLarge(
                f"The image has {announced} bytes; at most {self._limit} may be uploaded "
                "(setting image.max_size_gib)."
            )
        self._files.check_room(announced)

    async def _receive(
        self, image: Image, stream: AsyncIterator[bytes], announced: int | None
    ) -> StoredBytes:
        incoming = await asyncio.to_thread(self._files.receive, image.id, self._limit)
        try:
            await _drain(stream, incoming)
            if announced is not None and incoming.size != announced:
                raise UploadBroken(
                    f"{incoming.size} bytes came, but {announced} were announced: upload it again."
                )
            virtual_size = await asyncio.to_thread(self._virtual_size, image, incoming)
            await asyncio.to_thread(incoming.keep)
        finally:
            await asyncio.shield(asyncio.to_thread(incoming.discard))
        return StoredBytes(incoming.size, virtual_size, incoming.checksum, incoming.hash_value)

    def _virtual_size(self, image: Image, incoming: Incoming) -> int:
        """Bytes on a disk. Raises ImageRefused for everything that the allow-list does not name."""
        if incoming.size and image.disk_format in OPAQUE_FORMATS:
            return incoming.size
        try:
            facts = inspect(incoming.read_at, incoming.size)
            check_allowed(facts, self._permitted)
        except UnsafeImage as reason:
            raise ImageRefused(
                f"Image {image.id} was refused and its data removed: {reason}."
            ) from reason
        _check_declared(image, facts)
        return facts.virtual_size

    async def _finish(self, image: Image, stored: StoredBytes) -> None:
        kept = await self._end(
            image,
            Event.STORED,
            size=stored.size,
            virtual_size=stored.virtual_size,
            checksum=stored.checksum,
            hash_value=stored.hash_value,
        )
        if not kept:
            raise NotFound(f"Image {image.id} was deleted while its data was being uploaded.")
        log.info("image.stored", image=image.id, bytes=stored.size)

    async def _end(self, image: Image, event: Event, **values: object) -> bool:
        """False when the image is gone."""
        target = next_status(Status.SAVING, event)
        async with self._database.write() as connection:
            return await set_status(
                connection, image.id, Status.SAVING, target, updated_at=now(), **values
            )


def _check_declared(image: Image, facts: ImageFacts) -> None:
    if image.disk_format is None or not facts.is_called(image.disk_format):
        raise ImageRefused(
            f"Image {image.id} was refused and its data removed: it is declared as "
            f"{image.disk_format}, but its data is {facts.format}. Make the image again with "
            f"--disk-format {facts.format}."
        )


async def _drain(stream: AsyncIterator[bytes], incoming: Incoming) -> None:
    """Write batch by batch in a thread, while the next one is being received."""
    writing: asyncio.Future[None] | None = None
    try:
        async for batch in _batches(stream):
            if writing is not None:
                await writing
            writing = asyncio.ensure_future(asyncio.to_thread(incoming.take, batch))
    finally:
        if writing is not None:
            await asyncio.shield(writing)


async def _batches(stream: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    async for piece in stream:
        batch.append(piece)
        size += len(piece)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
