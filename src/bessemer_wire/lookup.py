"""What the agent learns when it asks who it is: reply of GET /v1/lookup."""

from dataclasses import dataclass, field
from typing import Any

from bessemer_wire.malformed import Malformed, object_field, optional_text, text_field

TOKEN_ALREADY_GIVEN = "******"  # noqa: S105 - what upstream sends instead of a token
DEFAULT_HEARTBEAT_TIMEOUT_S = 300
DEFAULT_IMAGE_FORMATS = ("raw", "gpt", "qcow2")


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """The `config` object of the reply, as far as the agent uses it."""

    heartbeat_timeout_s: int = DEFAULT_HEARTBEAT_TIMEOUT_S
    agent_token: str | None = field(default=None, repr=False)
    agent_token_required: bool = True
    md5_allowed: bool = False
    permitted_image_formats: tuple[str, ...] = DEFAULT_IMAGE_FORMATS

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "AgentConfig":
        """Raises Malformed."""
        timeout = body.get("heartbeat_timeout", DEFAULT_HEARTBEAT_TIMEOUT_S)
        if not isinstance(timeout, int) or timeout < 1:
            raise Malformed(f"'heartbeat_timeout' must be a positive integer, not {timeout!r}")
        formats = body.get("permitted_image_formats") or DEFAULT_IMAGE_FORMATS
        return cls(
            heartbeat_timeout_s=timeout,
            agent_token=optional_text(body, "agent_token"),
            agent_token_required=bool(body.get("agent_token_required", True)),
            md5_allowed=bool(body.get("agent_md5_checksum_enable", False)),
            permitted_image_formats=tuple(str(name) for name in formats),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "heartbeat_timeout": self.heartbeat_timeout_s,
            "agent_token": self.agent_token,
            "agent_token_required": self.agent_token_required,
            "agent_md5_checksum_enable": self.md5_allowed,
            "permitted_image_formats": list(self.permitted_image_formats),
        }


@dataclass(frozen=True, slots=True)
class LookupReply:
    """`node` is the API's node object, whole: commands get it again in their parameters."""

    node_uuid: str
    node: dict[str, Any]
    config: AgentConfig

    @classmethod
    def from_json(cls, body: object) -> "LookupReply":
        """Raises Malformed."""
        fields = object_field({"reply": body}, "reply")
        node = object_field(fields, "node")
        return cls(
            node_uuid=text_field(node, "uuid"),
            node=node,
            config=AgentConfig.from_json(object_field(fields, "config")),
        )

    def as_json(self) -> dict[str, Any]:
        return {"node": self.node, "config": self.config.as_json()}
