"""The microversions that the bare metal API speaks, and how it refuses what is newer than asked."""

from typing import Final

from bessemer.errors import NotAcceptable
from bessemer.web.microversions import Microversion, VersionRange

MINIMUM: Final = Microversion(1, 1)
MAXIMUM: Final = Microversion(1, 115)

VERSIONS: Final = VersionRange(
    service_type="baremetal",
    header="X-OpenStack-Ironic-API-Version",
    minimum=MINIMUM,
    maximum=MAXIMUM,
)


def require(minor: int, since: int, what: str) -> None:
    """Raises NotAcceptable (406) when `what` is newer than the request's version `1.<minor>`."""
    if minor < since:
        raise NotAcceptable(
            f"Request not acceptable: {what} needs API version 1.{since}; 1.{minor} was asked for. "
            f"Set the header X-OpenStack-Ironic-API-Version to 1.{since} or later."
        )
