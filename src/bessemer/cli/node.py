"""`bessemer node`: what an operator does to nodes with the database at hand, past the API."""

import asyncio
import getpass
import socket

from sqlalchemy.exc import DatabaseError

from bessemer.baremetal.conductor.task import Shelves
from bessemer.baremetal.domain.lease import Holder
from bessemer.baremetal.operations.unlock import Unlocking, unlock
from bessemer.baremetal.store.nodes import NodeStore
from bessemer.baremetal.store.sealing import KEY_FILE, SecretBox
from bessemer.db.engine import open_database
from bessemer.errors import ConfigurationError
from bessemer.settings import Settings


def unlock_node(settings: Settings, ident: str, *, forced: bool) -> Holder | None:
    """Break the node's lock; who held it, None when nobody did.

    Raises NotFound, HolderAlive, ConfigurationError.
    """
    how = Unlocking(
        operator=getpass.getuser(),
        hostname=socket.gethostname(),
        forced=forced,
        alive_within=settings.baremetal.conductor_heartbeat_timeout,
    )
    own = settings.server.state_directory / KEY_FILE
    box = SecretBox.from_file(settings.baremetal.secret_key_file or own)

    async def run() -> Holder | None:
        database = open_database(settings.database_url)
        try:
            return await unlock(Shelves(database, NodeStore(box)), ident, how)
        except (DatabaseError, OSError) as error:
            why = error.orig if isinstance(error, DatabaseError) else error
            raise ConfigurationError(
                f"database.url: cannot find nodes there: {why}. Name the cloud's own settings with "
                "--config."
            ) from error
        finally:
            await database.close()

    return asyncio.run(run())
