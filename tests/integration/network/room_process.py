"""A network room in a process of its own, for tests that kill it; arguments: settings as
JSON, state directory, database URL."""

import asyncio
import sys
from pathlib import Path

from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import open_database
from bessemer.network.service import EmbeddedNetwork
from bessemer.network.settings import NetworkSettings


async def main(settings: NetworkSettings, folder: Path, url: str) -> None:
    """Run until killed."""
    room = EmbeddedNetwork(open_database(url), MemoryBus(), settings, folder)
    await room.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    told, state_directory, database_url = sys.argv[1:]
    asyncio.run(
        main(NetworkSettings.model_validate_json(told), Path(state_directory), database_url)
    )
