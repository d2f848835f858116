"""Tear down: take the instance off the machine. Cleaning follows."""

from typing import Final

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.frames import DETACH
from bessemer.baremetal.operations.plan import Plan, Wish

_RESCUE: Final = frozenset(
    {State.RESCUE, State.RESCUE_WAIT, State.RESCUE_FAILED, State.UNRESCUE_FAILED}
)
_SERVICE: Final = frozenset({State.SERVICE_WAIT, State.SERVICE_HOLD, State.SERVICE_FAILED})


_LET_GO: Final = (
    StepCall("network", "detach_vifs"),
    StepCall("deploy", "release_instance"),
)


def plan(wish: Wish) -> Plan:
    """Off every network that the node may be on in the state that it is in."""
    if not wish.interfaces.deploy.manages_machine:
        return Plan(_LET_GO)
    purposes = [Purpose.PROVISIONING]
    in_rescue = wish.node.provision_state in _RESCUE
    if in_rescue:
        purposes.append(Purpose.RESCUING)
    if wish.node.provision_state in _SERVICE:
        purposes.append(Purpose.SERVICING)
    forget = (StepCall("rescue", "forget"),) if in_rescue else ()
    return Plan(
        (
            StepCall("power", "power_off"),
            *forget,
            StepCall("boot", "clean_up_ramdisk"),
            *(StepCall("network", "remove_network", {"purpose": p.value}) for p in purposes),
            StepCall("network", "unconfigure_tenant_networks"),
            *((DETACH,) if wish.interfaces.storage.has_volumes else ()),
            *_LET_GO,
        )
    )
