"""Commands that the conductor gives to the agent, and what comes of them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bessemer_wire.malformed import Malformed, object_field, optional_text, text_field


class CommandStatus(StrEnum):
    """Wire spelling of the ironic-python-agent API."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CLEAN_VERSION_MISMATCH = "CLEAN_VERSION_MISMATCH"


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """Body of POST /v1/commands: `name` is "<extension>.<command>"."""

    name: str
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: object) -> "CommandRequest":
        """Raises Malformed."""
        if not isinstance(body, dict) or not isinstance(body.get("params"), dict):
            raise Malformed("the body must be an object with 'name' and an object 'params'")
        return cls(name=text_field(body, "name"), params=body["params"])

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "params": self.params}


@dataclass(frozen=True, slots=True)
class CommandError:
    """Why a command failed; `details` is the sentence to show."""

    type: str
    code: int
    message: str
    details: str

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "CommandError":
        return cls(
            type=str(body.get("type", "")),
            code=int(body.get("code", 500)),
            message=str(body.get("message", "")),
            details=str(body.get("details", "")),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "details": self.details,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running command is; an addition to the upstream API, which ignores unknown keys."""

    phase: str
    done_bytes: int
    total_bytes: int

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Progress":
        return cls(
            phase=str(body.get("phase", "")),
            done_bytes=int(body.get("done_bytes", 0)),
            total_bytes=int(body.get("total_bytes", 0)),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "done_bytes": self.done_bytes,
            "total_bytes": self.total_bytes,
        }


@dataclass(frozen=True, slots=True)
class CommandResult:
    """One entry of GET /v1/commands. `command_name` is the bare name: "execute_deploy_step"."""

    id: str
    command_name: str
    command_status: CommandStatus
    command_error: CommandError | None = None
    command_result: dict[str, Any] | None = None
    command_progress: Progress | None = None

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "CommandResult":
        """Raises Malformed. Unknown keys are ignored."""
        status = text_field(body, "command_status")
        if status not in CommandStatus.__members__:
            raise Malformed(f"unknown command_status {status!r}")
        progress = object_field(body, "command_progress")
        return cls(
            id=text_field(body, "id"),
            command_name=text_field(body, "command_name"),
            command_status=CommandStatus(status),
            command_error=_error(body.get("command_error")),
            command_result=object_field(body, "command_result") or None,
            command_progress=Progress.from_json(progress) if progress else None,
        )

    def as_json(self) -> dict[str, Any]:
        error, progress = self.command_error, self.command_progress
        body = {
            "id": self.id,
            "command_name": self.command_name,
            "command_status": self.command_status.value,
            "command_error": error.as_json() if error else None,
            "command_result": self.command_result,
        }
        return body if progress is None else {**body, "command_progress": progress.as_json()}


def _error(value: object) -> CommandError | None:
    """Old agents send a bare sentence instead of an object."""
    if isinstance(value, dict):
        return CommandError.from_json(value)
    text = optional_text({"command_error": value}, "command_error")
    return CommandError("Error", 500, text, text) if text else None
