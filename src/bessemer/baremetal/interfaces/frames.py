"""The steps around steps: into the ramdisk and out of it again, for whatever purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bessemer.baremetal.domain.provision.work import FIND_RAMDISK, INTO_RAMDISK, Flow, StepCall
from bessemer.baremetal.interfaces.boot import Purpose

PURPOSES: Final[Mapping[Flow, Purpose]] = {
    Flow.DEPLOY: Purpose.PROVISIONING,
    Flow.CLEAN: Purpose.CLEANING,
    Flow.INSPECT: Purpose.INSPECTION,
    Flow.RESCUE: Purpose.RESCUING,
    Flow.SERVICE: Purpose.SERVICING,
}
"""What a flow's ramdisk, and the network it runs on, are wanted for."""


def into_ramdisk(purpose: Purpose) -> tuple[StepCall, ...]:
    """From a machine that is off and on the right network to an agent that has called back."""
    return (*_start_ramdisk(purpose), StepCall("deploy", "wait_for_ramdisk"))


def _start_ramdisk(purpose: Purpose) -> tuple[StepCall, ...]:
    return (
        StepCall("boot", "prepare_ramdisk", {"purpose": purpose.value}),
        StepCall("management", "boot_from_network"),
        StepCall("power", "power_on"),
    )


def out_of_ramdisk(purpose: Purpose) -> tuple[StepCall, ...]:
    """Off, the ramdisk's configuration taken back, off its network."""
    return (
        StepCall("power", "power_off"),
        StepCall("boot", "clean_up_ramdisk"),
        StepCall("network", "remove_network", {"purpose": purpose.value}),
    )


def stay_in_ramdisk(purpose: Purpose) -> tuple[StepCall, ...]:
    """Instead of `out_of_ramdisk`: the next flow will find it running."""
    return (StepCall("network", "remove_network", {"purpose": purpose.value}),)


def by_running_ramdisk(calls: tuple[StepCall, ...], purpose: Purpose) -> tuple[StepCall, ...]:
    """Calls that end in the ramdisk, so that they boot it only when none runs already."""
    booting = {"power.power_off", *(str(call) for call in into_ramdisk(purpose))}
    kept = tuple(call for call in calls if str(call) not in booting)
    return (*kept, StepCall("deploy", FIND_RAMDISK, {"purpose": purpose.value}))


def reboot_into_ramdisk(flow: Flow) -> tuple[StepCall, ...]:
    """In the middle of a flow: the machine starts its ramdisk anew."""
    return (*start_ramdisk_anew(flow), StepCall("deploy", "wait_for_ramdisk"))


def start_ramdisk_anew(flow: Flow) -> tuple[StepCall, ...]:
    """The same without waiting until the ramdisk is up."""
    return (StepCall("power", "power_off"), *_start_ramdisk(PURPOSES[flow]))


@dataclass(frozen=True, slots=True)
class DeployFrame:
    """What is done around a deploy's own steps, and after a failure."""

    before: tuple[StepCall, ...] = ()
    after: tuple[StepCall, ...] = ()
    clean_up: tuple[StepCall, ...] = ()
    is_whole: bool = False
    """The frame does it all: the deploy interface has no steps in it."""

    @property
    def boots_ramdisk(self) -> bool:
        """Whether the deploy's own steps run beside an agent."""
        return any(call.name in INTO_RAMDISK for call in self.before)

    def on_fast_track(self) -> "DeployFrame":
        """The same with a ramdisk that may run already."""
        if not self.boots_ramdisk:
            return self
        return replace(self, before=by_running_ramdisk(self.before, Purpose.PROVISIONING))

    def without(self, interface: str) -> "DeployFrame":
        """The same, lacking the steps of one interface."""

        def kept(calls: tuple[StepCall, ...]) -> tuple[StepCall, ...]:
            return tuple(call for call in calls if call.interface != interface)

        return replace(
            self,
            before=kept(self.before),
            after=kept(self.after),
            clean_up=kept(self.clean_up),
        )


ATTACH: Final = StepCall("storage", "attach_volumes")
DETACH: Final = StepCall("storage", "detach_volumes")

INTO_MEMORY: Final = DeployFrame(
    before=(
        StepCall("power", "power_off"),
        StepCall("network", "unconfigure_tenant_networks"),
        StepCall("deploy", "prepare_image"),
    ),
    clean_up=(
        StepCall("power", "power_off"),
        StepCall("boot", "clean_up_ramdisk"),
        StepCall("network", "unconfigure_tenant_networks"),
    ),
)

FROM_VOLUME: Final = DeployFrame(
    before=(
        StepCall("power", "power_off"),
        StepCall("network", "unconfigure_tenant_networks"),
        ATTACH,
    ),
    after=(
        StepCall("network", "configure_tenant_networks"),
        StepCall("boot", "restore_instance"),
        StepCall("power", "power_on"),
    ),
    clean_up=(
        StepCall("power", "power_off"),
        StepCall("boot", "clean_up_ramdisk"),
        StepCall("network", "unconfigure_tenant_networks"),
        DETACH,
    ),
    is_whole=True,
)
"""No ramdisk, no image: the machine boots what is on its volume."""

_TO_PROVISIONING: Final = (
    StepCall("power", "power_off"),
    StepCall("network", "unconfigure_tenant_networks"),
    StepCall("network", "add_network", {"purpose": Purpose.PROVISIONING.value}),
    ATTACH,
    StepCall("deploy", "prepare_image"),
)

BY_AGENT: Final = DeployFrame(
    before=(*_TO_PROVISIONING, *into_ramdisk(Purpose.PROVISIONING)),
    clean_up=(*out_of_ramdisk(Purpose.PROVISIONING), DETACH),
)

BY_INSTALLER: Final = DeployFrame(
    before=(
        *_TO_PROVISIONING,
        StepCall("boot", "prepare_installer"),
        StepCall("management", "boot_from_network"),
        StepCall("power", "power_on"),
    ),
    clean_up=(*out_of_ramdisk(Purpose.PROVISIONING), DETACH),
)
"""An installer of somebody else's in the agent's place: its steps are ours only, as no agent listens."""
