"""How the agent describes a step that it can carry out."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StepDescription:
    """One entry of get_deploy_steps or get_clean_steps."""

    step: str
    priority: int
    interface: str = "deploy"
    abortable: bool = False
    reboot_requested: bool = False
    argsinfo: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        body = {
            "step": self.step,
            "priority": self.priority,
            "interface": self.interface,
            "reboot_requested": self.reboot_requested,
            "abortable": self.abortable,
        }
        return {**body, "argsinfo": self.argsinfo} if self.argsinfo else body
