"""Attachments of Cinder's volumes (Block Storage API v3, microversion 3.44)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bessemer.baremetal.drivers.volumes.cinder_session import CinderRefused, CinderSession

ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class Attachment:
    """`connection` is how the volume is reached, flat; empty until a connector was given."""

    id: str
    status: str
    connection: Mapping[str, Any]


class Attachments:
    """Each call may be made again after a crash, and then ends in the same world."""

    def __init__(self, session: CinderSession) -> None:
        self._session = session

    async def attach(
        self, volume_id: str, instance_id: str, connector: Mapping[str, Any]
    ) -> Attachment:
        """The volume's attachment to that instance, ready for use. Raises CinderRefused, Transient."""
        known = await self._find(volume_id, instance_id)
        if known is not None and known.connection:
            return known
        if known is None:
            attachment = {
                "volume_uuid": volume_id,
                "instance_uuid": instance_id,
                "connector": dict(connector),
                "mode": "rw",
            }
            answer = await self._session.call("POST", "/attachments", {"attachment": attachment})
            return _attachment(answer)
        body = {"attachment": {"connector": dict(connector)}}
        return _attachment(await self._session.call("PUT", f"/attachments/{known.id}", body))

    async def complete(self, attachment: Attachment) -> None:
        """Say that the volume is in use. Raises CinderRefused, Transient."""
        if attachment.status != ATTACHED:
            path = f"/attachments/{attachment.id}/action"
            await self._session.call("POST", path, {"os-complete": {}})

    async def detach(self, attachment_id: str) -> None:
        """Not attached any more is well, too. Raises CinderRefused, Transient."""
        try:
            await self._session.call("DELETE", f"/attachments/{attachment_id}")
        except CinderRefused as refusal:
            if refusal.status != 404:
                raise

    async def of_instance(self, volume_id: str, instance_id: str) -> list[str]:
        """Ids of the volume's attachments to that instance. Raises CinderRefused, Transient."""
        query = urlencode({"volume_id": volume_id, "instance_id": instance_id, "all_tenants": 1})
        answer = await self._session.call("GET", f"/attachments?{query}")
        return [str(each["id"]) for each in answer.get("attachments", [])]

    async def _find(self, volume_id: str, instance_id: str) -> Attachment | None:
        ids = await self.of_instance(volume_id, instance_id)
        if not ids:
            return None
        return _attachment(await self._session.call("GET", f"/attachments/{ids[0]}"))


def _attachment(answer: Mapping[str, Any]) -> Attachment:
    """Some back ends put the connection's facts into `data` of connection_info."""
    found = answer.get("attachment", {})
    info = found.get("connection_info") or {}
    connection = {**info, **(info.get("data") or {})}
    connection.pop("data", None)
    return Attachment(str(found.get("id")), str(found.get("status")), connection)
