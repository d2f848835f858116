"""A network room in a process of its own, for tests that kill it; argument: its settings as JSON."""

import asyncio
import sys
from pathlib import Path

from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import open_database
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings


async def main(settings: NetworkSettings, folder: Path) -> None:
    """Run until killed."""
    database = open_database(f"sqlite+aiosqlite:///{folder}/bessemer.db")
    room = EmbeddedNetwork(database, MemoryBus(), settings, folder)
    await room.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(NetworkSettings.model_validate_json(sys.argv[1]), Path(sys.argv[2])))
