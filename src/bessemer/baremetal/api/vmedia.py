"""`/v1/nodes/{ident}/vmedia`: images that a machine's BMC shows it as drives."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bessemer.baremetal.api.arguments import one_of, taken
from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import Filter, refuse_unknown
from bessemer.baremetal.api.values import ruled, text
from bessemer.baremetal.domain.management import MediaDevice
from bessemer.baremetal.operations import vmedia
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Call, Reply

SINCE: Final = 89
SHOWN_SINCE: Final = 93


class DownloadSource(StrEnum):
    """Where an image comes from: the BMC fetches it (http), or somebody puts it within reach."""

    HTTP = "http"
    LOCAL = "local"
    SWIFT = "swift"


_DEVICE: Final = one_of(MediaDevice)
_SOURCE: Final = one_of(DownloadSource)


@ruled({"type": "string", "enum": [str(each) for each in DownloadSource]})
def _download_source(name: str, value: Json) -> Json:
    """Only the one that needs no copy."""
    source = _SOURCE(name, value)
    if source is not DownloadSource.HTTP:
        raise Invalid(
            f"{name} {source} is not served: the BMC fetches the image itself. Leave it out, or "
            f"say {DownloadSource.HTTP}, and give a URL that the BMC can reach."
        )
    return source


@ruled({"type": "string", "description": "disk, cdrom and floppy, with commas."})
def _devices(name: str, given: str) -> Sequence[MediaDevice]:
    return [MediaDevice(_DEVICE(name, word.strip())) for word in given.split(",") if word.strip()]


MEDIUM: Final = {
    "device_type": Argument(_DEVICE, required=True),
    "image_url": Argument(text(vmedia.LONGEST_URL, least=1), required=True),
    "image_download_source": Argument(_download_source),
}
DEVICES: Final = {"device_types": Filter(_devices)}
_WORD_OR_NULL: Final = {"type": ["string", "null"]}
SHOWN: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "vmedia": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "device_type": {"type": "string"},
                    "image_url": _WORD_OR_NULL,
                    "inserted": {"type": "boolean"},
                },
            },
        }
    },
}


@dataclass(frozen=True, slots=True)
class VirtualMediaApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        path, rule = "/nodes/{ident}/vmedia", "baremetal:node:vmedia"
        return (
            Endpoint("GET", path, self.index, f"{rule}:get", SHOWN_SINCE, reply=SHOWN),
            Endpoint(
                "POST", path, self.attach, f"{rule}:attach", SINCE, dict, 204, arguments=MEDIUM
            ),
            Endpoint(
                "DELETE", path, self.detach, f"{rule}:detach", SINCE, status=204, filters=DEVICES
            ),
        )

    async def index(self, call: Call) -> Reply:
        """Every drive, and the image in it."""
        refuse_unknown(call)
        found = await vmedia.list_media(self.desk, ident_of(call))
        shown = [
            {"device_type": each.device, "image_url": each.image_url, "inserted": each.inserted}
            for each in found
        ]
        return Reply({"vmedia": shown})

    async def attach(self, call: Call) -> Reply:
        """Put an image into a drive."""
        refuse_unknown(call)
        given = taken(call.body, MEDIUM, call.version.minor)
        device, url = MediaDevice(given["device_type"]), str(given["image_url"])
        await vmedia.attach(as_seen(self.desk, call), ident_of(call), device, url)
        return Reply()

    async def detach(self, call: Call) -> Reply:
        """Empty the drives of `device_types`; without it, all."""
        refuse_unknown(call, list(DEVICES))
        asked = call.query.get("device_types")
        devices = () if asked is None else _devices("device_types", asked)
        if asked is not None and not devices:
            raise Invalid("device_types names no drive; leave it out to empty all of them.")
        await vmedia.detach(as_seen(self.desk, call), ident_of(call), devices)
        return Reply()
