"""Knobs of the bare metal room: whither a conductor goes for what users' URLs name."""

import re
from ipaddress import ip_network
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z")


class FetchSettings(BaseModel):
    """Part of section `[baremetal]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fetch_allow: tuple[str, ...] = Field(
        (),
        description="networks (CIDR) and host names that a conductor fetches users' URLs from though "
        "they are its own host, link-local or reserved, which it refuses otherwise",
    )
    fetch_deny: tuple[str, ...] = Field(
        (),
        description="further networks (CIDR) and host names that a conductor fetches no user's URL "
        "from; wins over fetch_allow",
    )

    @field_validator("fetch_allow", "fetch_deny")
    @classmethod
    def _are_places(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        for place in places:
            if not _is_network(place) and not _HOST.match(place):
                raise ValueError(f"{place!r} is neither a network (192.0.2.0/24) nor a host name")
        return tuple(place.lower().rstrip(".") for place in places)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
