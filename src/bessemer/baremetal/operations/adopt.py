"""Adopt: take a machine over that runs its instance already; nothing on it is touched."""

from typing import Final

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.frames import ATTACH
from bessemer.baremetal.operations.boot_from_volume import boots_from_volume
from bessemer.baremetal.operations.plan import Plan, Wish

_FROM_DISK: Final = (StepCall("power", "verify"), StepCall("deploy", "take_over"))
_FROM_VOLUME: Final = (StepCall("power", "verify"), ATTACH, StepCall("boot", "restore_instance"))


def plan(wish: Wish) -> Plan:
    """By where its instance lives: from a volume it must find the way back at its next start."""
    from_volume = boots_from_volume(wish.interfaces, wish.node, wish.volumes)
    return Plan(_FROM_VOLUME if from_volume else _FROM_DISK)
