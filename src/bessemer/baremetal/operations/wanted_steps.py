"""The steps that a request brings with it: its own, a runbook's, and those of deploy templates."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.operations.provision_request import ProvisionRequest
from bessemer.baremetal.store import deploy_templates, runbooks
from bessemer.context import RequestContext
from bessemer.errors import Invalid


@dataclass(frozen=True, slots=True)
class WantedSteps:
    """Not judged yet."""

    steps: tuple[StepCall, ...] = ()
    template_steps: tuple[StepCall, ...] = ()
    disable_ramdisk: bool = False


async def wanted_steps(
    connection: AsyncConnection,
    context: RequestContext,
    node: Node,
    event: Event,
    request: ProvisionRequest,
) -> WantedSteps:
    """Raises NotFound for a runbook that is not there (or not for this user), Invalid for an unfit."""
    if event in {Event.DEPLOY, Event.REBUILD}:
        return WantedSteps(request.steps or (), await _of_templates(connection, node))
    if request.runbook is not None:
        return await _of_runbook(connection, context, node, request)
    return WantedSteps(request.steps or (), disable_ramdisk=bool(request.disable_ramdisk))


async def _of_templates(connection: AsyncConnection, node: Node) -> tuple[StepCall, ...]:
    traits = node.instance_info.get("traits") or ()
    found = await deploy_templates.find_by_names(connection, traits)
    steps: Iterable[StepCall] = (
        StepCall(each.interface, each.step, each.args, each.priority, chosen=True)
        for template in found
        for each in template.steps
    )
    return tuple(steps)


async def _of_runbook(
    connection: AsyncConnection, context: RequestContext, node: Node, request: ProvisionRequest
) -> WantedSteps:
    everything = context.is_admin or context.system_scope
    conditions = () if everything else (runbooks.seen_by(context.project_id),)
    runbook = await runbooks.get(connection, str(request.runbook), conditions)
    traits = runbook.traits if request.runbook_by_traits else {runbook.name}
    if not traits:
        raise Invalid(
            f"Runbook {runbook.name} is for no node yet. First: PUT "
            f"/v1/runbooks/{runbook.uuid}/traits."
        )
    if traits.isdisjoint(node.traits):
        wanted = ", ".join(sorted(traits))
        raise Invalid(
            f"Runbook {runbook.name} is not for node {node.uuid}: the node has none of the traits "
            f"{wanted}."
        )
    disable = request.disable_ramdisk
    return WantedSteps(
        tuple(
            StepCall(each.interface, each.step, each.args, chosen=True) for each in runbook.in_order
        ),
        disable_ramdisk=runbook.disable_ramdisk if disable is None else disable,
    )
