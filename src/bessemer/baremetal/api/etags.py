"""`ETag` of single objects, and `If-Match`: whoever asks for it does not overwrite others' changes.

Ironic has neither; a request without `If-Match` fares as it does there.
"""

from dataclasses import replace

from bessemer.baremetal.operations import unchanged
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.unchanged import Dated
from bessemer.web.routes import Call


def etag_header(thing: Dated) -> dict[str, str]:
    """The header of a reply that shows this object."""
    return {"ETag": unchanged.etag(thing)}


def check_unchanged(call: Call, thing: Dated) -> None:
    """Raises ChangedMeanwhile (412) when the call's `If-Match` names another state of the object.

    To be asked under the lock under which the object is then written.
    """
    unchanged.check_unchanged(call.headers.get("If-Match"), thing)


def as_seen(desk: Desk, call: Call) -> Desk:
    """The desk for what is done to a node, if it is still as the caller saw it: else 412."""
    return replace(desk, if_match=call.headers.get("If-Match"))
