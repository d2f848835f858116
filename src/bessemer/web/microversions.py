"""Microversion negotiation, as the API working group's guideline and each service spell it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from bessemer.errors import NotAcceptable

_SPELLING: Final = re.compile(r"(\d{1,4})\.(\d{1,5})\Z")


class Microversion(NamedTuple):
    """`1.78` as numbers, so that 1.9 < 1.10."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class VersionNotServed(NotAcceptable):
    """The version is malformed or out of the served range; the reply carries the bounds (406)."""


@dataclass(frozen=True, slots=True)
class VersionRange:
    """What one service serves, and in which headers it speaks of it.

    `service_type` is the word in the standard header (`OpenStack-API-Version: baremetal 1.78`);
    `header` is the service's own, older one (`X-OpenStack-Ironic-API-Version: 1.78`).
    """

    service_type: str
    header: str
    minimum: Microversion
    maximum: Microversion

    def negotiate(self, headers: Mapping[str, str]) -> Microversion:
        """The version to serve; the minimum when none is asked for. Raises VersionNotServed."""
        asked = self._asked(headers)
        if asked is None or asked == "":
            return self.minimum
        if asked.lower() == "latest":
            return self.maximum
        match = _SPELLING.match(asked)
        version = Microversion(int(match[1]), int(match[2])) if match else None
        if version is None or not self.minimum <= version <= self.maximum:
            raise VersionNotServed(
                f"Version {asked[:40]!r} is not served; this service speaks "
                f"{self.minimum} to {self.maximum}."
            )
        return version

    def reply_headers(self, served: Microversion | None) -> dict[str, str]:
        """The headers every reply carries; `served` is None when negotiation failed."""
        headers = {
            f"{self.header.removesuffix('-Version')}-Minimum-Version": str(self.minimum),
            f"{self.header.removesuffix('-Version')}-Maximum-Version": str(self.maximum),
            "OpenStack-API-Minimum-Version": f"{self.service_type} {self.minimum}",
            "OpenStack-API-Maximum-Version": f"{self.service_type} {self.maximum}",
            "Vary": f"OpenStack-API-Version, {self.header}",
        }
        if served is not None:
            headers[self.header] = str(served)
            headers["OpenStack-API-Version"] = f"{self.service_type} {served}"
        return headers

    def _asked(self, headers: Mapping[str, str]) -> str | None:
        standard = headers.get("OpenStack-API-Version", "")
        for item in standard.split(","):
            service, _, version = item.strip().partition(" ")
            if service.lower() == self.service_type:
                return version.strip()
        own = headers.get(self.header)
        return own.strip() if own is not None else None
