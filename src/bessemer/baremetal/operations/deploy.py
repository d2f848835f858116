"""Deploy: from `available` to `active`. The order of things is scenario steps 7 to 16."""

from dataclasses import replace
from typing import Final

from bessemer.baremetal.domain.provision.ranking import overridden, ranked
from bessemer.baremetal.interfaces.frames import DeployFrame
from bessemer.baremetal.operations.boot_from_volume import boots_from_volume
from bessemer.baremetal.operations.given_steps import run_in_order
from bessemer.baremetal.operations.plan import Plan, Wish
from bessemer.baremetal.operations.steps import Judged, check_window, own_steps

INTO_RAMDISK: Final = 100
"""The priority at which the ramdisk boots; steps above it run before."""


def plan(wish: Wish) -> Plan:
    """All by falling priority. A user's word counts more than a template's, that more than a driver's."""
    given = (*wish.template_steps, *wish.steps)
    check_window(given)
    frame = _frame(wish)
    own = () if frame.is_whole else own_steps(wish.interfaces, "deploy")
    asked = overridden(
        (step.call for step in wish.template_steps), (step.call for step in wish.steps)
    )
    off = {str(step.call) for step in given} - {str(call) for call in asked}
    calls = [call for call in overridden(own, asked) if str(call) not in off]
    first = ranked(call for call in calls if call.priority > INTO_RAMDISK)
    rest = ranked(call for call in calls if call.priority <= INTO_RAMDISK)
    judged = {str(step.call): step for step in given}
    in_order = [
        replace(judged.get(str(call), Judged(call, False, False)), call=call) for call in rest
    ]
    steps = run_in_order(in_order, ramdisk=frame.boots_ramdisk)
    return Plan((*first, *frame.before, *steps, *frame.after), frame.clean_up)


def _frame(wish: Wish) -> DeployFrame:
    """That of the deploy interface; without steps of storage where there is none."""
    deploy = wish.interfaces.deploy
    frame = deploy.frame
    if boots_from_volume(wish.interfaces, wish.node, wish.volumes):
        frame = deploy.frame_from_volume or frame
    if wish.on_fast_track:
        frame = frame.on_fast_track()
    return frame if wish.interfaces.storage.has_volumes else frame.without("storage")
