"""The embedded image service: images in a directory, facts about them in our database."""

import asyncio
from datetime import timedelta
from pathlib import Path

from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.db.known_keys import check_known_key
from bessemer.errors import Conflict
from bessemer.image.domain.image import HASH_ALGORITHM, Image, Status
from bessemer.image.domain.temporary_url import Signer, object_path
from bessemer.image.operations.catalogue import Catalogue
from bessemer.image.operations.recover import recover
from bessemer.image.operations.upload import GIB, Uploads
from bessemer.image.public import ImageView
from bessemer.image.settings import ImageSettings
from bessemer.image.store.files import ImageFiles
from bessemer.image.store.key import FILE_NAME, load_or_make_key


class EmbeddedImages:
    """Implements ImageService. The schema must be up to date before `prepare`."""

    def __init__(self, database: Database, settings: ImageSettings, state_directory: Path) -> None:
        self._database = database
        self._key_file = settings.url_key_file or state_directory / FILE_NAME
        self.files = ImageFiles(settings.store_directory or state_directory / "images")
        self.catalogue = Catalogue(database, self.files)
        self.uploads = Uploads(
            database, self.files, settings.max_size_gib * GIB, settings.permitted_formats
        )
        self._signer: Signer | None = None

    async def prepare(self) -> None:
        """Load the key, the same in all processes: whoever signs URLs needs it.

        Raises ConfigurationError.
        """
        self._signer = Signer(await asyncio.to_thread(load_or_make_key, self._key_file))
        await check_known_key(self._database, FILE_NAME, self._key_file)

    async def start(self) -> None:
        """Take the directory, and put right what a crash left; after `prepare`.

        Raises ConfigurationError.
        """
        await asyncio.to_thread(self.files.open)
        await recover(self._database, self.files)

    async def stop(self) -> None:
        """Give the directory back. Uploads still under way end with their requests."""
        self.files.close()

    @property
    def signer(self) -> Signer:
        """Signs and checks temporary URLs; there after `prepare`."""
        assert self._signer is not None, "EmbeddedImages.prepare() has not run"
        return self._signer

    async def get_image(self, context: RequestContext, ident: str) -> ImageView:
        """See ImageService."""
        return view(await self.catalogue.get_by_id_or_name(context, ident))

    async def temporary_url(
        self, context: RequestContext, image_id: str, *, base_url: str, lifetime: timedelta
    ) -> str:
        """See ImageService."""
        image = await self.catalogue.get(context, image_id)
        if image.status is not Status.ACTIVE:
            raise Conflict(f"Image {image.id} is {image.status}: it has no data to serve.")
        path = object_path(image.id)
        return f"{base_url.rstrip('/')}{path}?{self.signer.query(path, now() + lifetime)}"


def view(image: Image) -> ImageView:
    """The image as the other rooms see it."""
    return ImageView(
        id=image.id,
        name=image.name or "",
        status=image.status.value,
        disk_format=image.disk_format,
        container_format=image.container_format,
        size=image.size,
        virtual_size=image.virtual_size,
        checksum=image.checksum,
        os_hash_algo=HASH_ALGORITHM if image.hash_value else None,
        os_hash_value=image.hash_value,
        min_disk=image.min_disk,
        min_ram=image.min_ram,
        properties=dict(image.properties),
    )
