"""Puts things right at start, after the process before was killed in the middle of something."""

import asyncio

import structlog

from bessemer.clock import now
from bessemer.db.engine import Database
from bessemer.image.domain.image import Event, Status, next_status
from bessemer.image.store.files import ImageFiles
from bessemer.image.store.images import ids_in, ids_received_by, set_status

log = structlog.get_logger()


async def recover(database: Database, files: ImageFiles) -> None:
    """This directory's uploads in hand are forgotten: their images are queued again, bytes removed.

    Other processes' uploads, into directories of their own, go on.
    """
    async with database.write() as connection:
        broken = await ids_received_by(connection, files.ident)
        for image_id in broken:
            target = next_status(Status.SAVING, Event.INTERRUPTED)
            await set_status(connection, image_id, Status.SAVING, target, updated_at=now())
        wanted = {
            *await ids_in(connection, Status.ACTIVE),
            *await ids_in(connection, Status.DEACTIVATED),
        }
    strays = await asyncio.to_thread(files.remove_strays, frozenset(wanted))
    if broken or strays:
        log.warning("image.recovered", queued_again=list(broken), files_removed=strays)
