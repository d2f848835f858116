"""What can go wrong between the server and an agent, as types."""

from bessemer.errors import HardwareFailure, Transient
from bessemer_wire import CommandError


class AgentUnreachable(Transient):
    """The agent did not answer: not called back yet, no connection, or no answer in time."""


class AgentUnintelligible(AgentUnreachable):
    """Something answered at the agent's address, but not in the agent's protocol."""


class AgentRefused(HardwareFailure):
    """The agent answered with an HTTP error. The message holds its own words."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AgentBusy(AgentRefused):
    """The agent is at work on another command (409)."""


class AgentCommandFailed(HardwareFailure):
    """A command was carried out and failed. The message holds the agent's words."""

    def __init__(self, message: str, error: CommandError | None = None) -> None:
        super().__init__(message)
        self.error = error


AGENT_TROUBLE = (AgentUnreachable, AgentRefused, AgentCommandFailed)
"""Everything above, for `except`."""
