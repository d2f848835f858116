"""`ETag` of single objects, and `If-Match`: whoever asks for it does not overwrite others' changes.

Ironic has neither; a request without `If-Match` fares as it does there.
"""

import hashlib
from datetime import datetime
from typing import Protocol

from bessemer.errors import ChangedMeanwhile
from bessemer.web.routes import Call


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


def etag_header(thing: Dated) -> dict[str, str]:
    """The header of a reply that shows this object."""
    return {"ETag": etag(thing)}


def check_unchanged(call: Call, thing: Dated) -> None:
    """Raises ChangedMeanwhile (412) when the call's `If-Match` names another state of the object.

    To be asked under the lock under which the object is then written.
    """
    asked = call.headers.get("If-Match")
    if asked is None:
        return
    wanted = {each.strip() for each in asked.split(",")}
    if wanted.isdisjoint({"*", etag(thing)}):
        raise ChangedMeanwhile(
            f"{thing.uuid} was changed since you read it: its ETag is {etag(thing)} now. Read it "
            "again, and send what you still want to change with that in If-Match."
        )
