"""What server and agent say to each other: frozen dataclasses, nothing else."""

from bessemer_wire.command import (
    CommandError,
    CommandRequest,
    CommandResult,
    CommandStatus,
    Progress,
)
from bessemer_wire.heartbeat import Heartbeat
from bessemer_wire.image import Checksum, ImageInfo
from bessemer_wire.lookup import AgentConfig, LookupReply
from bessemer_wire.malformed import Malformed
from bessemer_wire.step import StepDescription

__all__ = [
    "AgentConfig",
    "Checksum",
    "CommandError",
    "CommandRequest",
    "CommandResult",
    "CommandStatus",
    "Heartbeat",
    "ImageInfo",
    "LookupReply",
    "Malformed",
    "Progress",
    "StepDescription",
]
