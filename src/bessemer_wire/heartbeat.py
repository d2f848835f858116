"""The agent's sign of life: body of POST /v1/heartbeat/{node}."""

from dataclasses import dataclass
from typing import Any

from bessemer_wire.malformed import object_field, optional_text, text_field


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`agent_verify_ca` is the agent's own certificate, PEM; None when it serves plain HTTP."""

    callback_url: str
    agent_version: str | None = None
    agent_token: str | None = None
    agent_verify_ca: str | None = None

    @classmethod
    def from_json(cls, body: object) -> "Heartbeat":
        """Raises Malformed."""
        fields = object_field({"heartbeat": body}, "heartbeat")
        return cls(
            callback_url=text_field(fields, "callback_url"),
            agent_version=optional_text(fields, "agent_version"),
            agent_token=optional_text(fields, "agent_token"),
            agent_verify_ca=optional_text(fields, "agent_verify_ca"),
        )

    def as_json(self) -> dict[str, Any]:
        """Absent rather than null: older servers refuse fields that they do not know."""
        fields = {
            "callback_url": self.callback_url,
            "agent_version": self.agent_version,
            "agent_token": self.agent_token,
            "agent_verify_ca": self.agent_verify_ca,
        }
        return {name: value for name, value in fields.items() if value is not None}
