"""What a flow's planner is given, and what it makes of it."""

from dataclasses import dataclass, field

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.interfaces.fast_track import on_fast_track
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.operations.steps import Judged
from bessemer.baremetal.settings import BareMetalSettings


@dataclass(frozen=True, slots=True)
class Wish:
    """A verb that was accepted: on which node, with which steps."""

    node: Node
    interfaces: NodeInterfaces
    settings: BareMetalSettings
    steps: tuple[Judged, ...] = ()
    """Of the user or a runbook."""
    template_steps: tuple[Judged, ...] = ()
    volumes: Volumes = field(default_factory=Volumes)
    disable_ramdisk: bool = False

    @property
    def on_fast_track(self) -> bool:
        """Whether a ramdisk that runs already will do. Raises Invalid.

        After an error nobody knows what the machine is at: it is booted anew.
        """
        usual = self.settings.fast_track
        return on_fast_track(self.node, self.interfaces, usual=usual) and not self.node.last_error

    @property
    def uses_ramdisk(self) -> bool:
        """Given steps: whether any of them wants the ramdisk, and nobody forbade it."""
        allowed = not self.disable_ramdisk and self.interfaces.deploy.manages_machine
        return allowed and any(step.needs_ramdisk for step in self.steps)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of work, those that clean up after a failure, and the event that ends it well."""

    steps: tuple[StepCall, ...]
    clean_up: tuple[StepCall, ...] = ()
    finish: Event = Event.DONE
