"""Objects as a reader saw them: what tells one state from the next, and who wrote meanwhile."""

import hashlib
from datetime import datetime
from typing import Protocol

from bessemer.errors import ChangedMeanwhile


class Dated(Protocol):
    """What tells one state of an object from the next: every write moves `updated_at` on."""

    @property
    def uuid(self) -> str: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime | None: ...


def etag(thing: Dated) -> str:
    """A strong validator (RFC 9110 section 8.8.3), the same for all versions and `fields=`."""
    moment = thing.updated_at or thing.created_at
    text = f"{thing.uuid} {moment.isoformat() if moment else ''}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def check_unchanged(if_match: str | None, thing: Dated) -> None:
    """Raises ChangedMeanwhile when `If-Match` (None: not given) names another state of the object.

    To be asked under the lock under which the object is then written.
    """
    if if_match is None:
        return
    wanted = {each.strip() for each in if_match.split(",")}
    if wanted.isdisjoint({"*", etag(thing)}):
        raise ChangedMeanwhile(
            f"{thing.uuid} was changed since you read it: its ETag is {etag(thing)} now. Read it "
            "again, and send what you still want to change with that in If-Match."
        )
