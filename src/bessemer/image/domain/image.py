"""One image and the states it goes through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from bessemer.context import RequestContext
from bessemer.errors import Conflict

HASH_ALGORITHM: Final = "sha512"
"""Of `os_hash_value`; `checksum` is always MD5 (Glance API v2)."""


class Status(StrEnum):
    """Glance's words."""

    QUEUED = "queued"
    SAVING = "saving"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    KILLED = "killed"


class Event(StrEnum):
    """What may happen to an image."""

    UPLOAD = "upload"
    STORED = "stored"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"


class Rule(NamedTuple):
    """In this status, this event leads there."""

    status: Status
    event: Event
    target: Status


S, E = Status, Event
RULES: Final = (
    Rule(S.QUEUED, E.UPLOAD, S.SAVING),
    Rule(S.SAVING, E.STORED, S.ACTIVE),
    Rule(S.SAVING, E.REFUSED, S.KILLED),
    Rule(S.SAVING, E.INTERRUPTED, S.QUEUED),
    Rule(S.ACTIVE, E.DEACTIVATE, S.DEACTIVATED),
    Rule(S.DEACTIVATED, E.DEACTIVATE, S.DEACTIVATED),
    Rule(S.DEACTIVATED, E.REACTIVATE, S.ACTIVE),
    Rule(S.ACTIVE, E.REACTIVATE, S.ACTIVE),
)
_TARGETS: Final = {(rule.status, rule.event): rule.target for rule in RULES}


class TransitionRefused(Conflict):
    """The image's status does not allow this."""


def next_status(status: Status, event: Event) -> Status:
    """Raises TransitionRefused."""
    target = _TARGETS.get((status, event))
    if target is None:
        raise TransitionRefused(f"An image that is {status} cannot take the event {event}.")
    return target


class Visibility(StrEnum):
    """Who sees an image besides its owner: all, all, its members, nobody."""

    PUBLIC = "public"
    COMMUNITY = "community"
    SHARED = "shared"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Image:
    """Sizes in bytes, `min_disk` in GiB, `min_ram` in MiB. `detail` says why an image was refused."""

    id: str
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    status: Status = Status.QUEUED
    owner: str | None = None
    visibility: Visibility = Visibility.SHARED
    protected: bool = False
    hidden: bool = False
    disk_format: str | None = None
    container_format: str | None = None
    size: int | None = None
    virtual_size: int | None = None
    checksum: str | None = None
    hash_value: str | None = None
    min_disk: int = 0
    min_ram: int = 0
    detail: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()

    def is_visible_to(self, context: RequestContext) -> bool:
        """Whether this caller may know of the image."""
        everybody = self.visibility in (Visibility.PUBLIC, Visibility.COMMUNITY)
        return everybody or self.is_owned_by(context)

    def is_owned_by(self, context: RequestContext) -> bool:
        """Whether this caller may change the image; administrators own everything."""
        mine = self.owner is not None and self.owner == context.project_id
        return context.is_admin or mine


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """What is known of an image's bytes once they are all there."""

    size: int
    virtual_size: int
    checksum: str
    hash_value: str
