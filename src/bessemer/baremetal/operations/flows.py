"""Verbs and flows: which work each verb begins, and which flow follows which."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import Flow, Work
from bessemer.baremetal.interfaces.registry import NodeInterfaces, Registry
from bessemer.baremetal.operations import (
    adopt,
    clean,
    deploy,
    inspect_node,
    rescue,
    service_node,
    tear_down,
    verify,
)
from bessemer.baremetal.operations.automated_cleaning import automated_cleaning
from bessemer.baremetal.operations.plan import Plan, Wish
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.context import RequestContext
from bessemer.errors import Invalid

VERBS: Final[Mapping[str, Event]] = {
    "active": Event.DEPLOY,
    "deploy": Event.DEPLOY,
    "rebuild": Event.REBUILD,
    "deleted": Event.DELETE,
    "undeploy": Event.DELETE,
    "manage": Event.MANAGE,
    "provide": Event.PROVIDE,
    "inspect": Event.INSPECT,
    "abort": Event.ABORT,
    "clean": Event.CLEAN,
    "adopt": Event.ADOPT,
    "rescue": Event.RESCUE,
    "unrescue": Event.UNRESCUE,
    "service": Event.SERVICE,
    "unhold": Event.UNHOLD,
}
"""Targets of `PUT /v1/nodes/{id}/states/provision`."""

FLOW_OF: Final[Mapping[Event, Flow]] = {
    Event.DEPLOY: Flow.DEPLOY,
    Event.REBUILD: Flow.DEPLOY,
    Event.DELETE: Flow.TEAR_DOWN,
    Event.PROVIDE: Flow.CLEAN,
    Event.CLEAN: Flow.CLEAN,
    Event.INSPECT: Flow.INSPECT,
    Event.MANAGE: Flow.VERIFY,
    Event.ADOPT: Flow.ADOPT,
    Event.RESCUE: Flow.RESCUE,
    Event.UNRESCUE: Flow.UNRESCUE,
    Event.SERVICE: Flow.SERVICE,
}

_POWER: Final = InterfaceKind.POWER
_NETWORK: Final = InterfaceKind.NETWORK

_NEEDED: Final[Mapping[Flow, tuple[InterfaceKind, ...]]] = {
    Flow.VERIFY: (_POWER, InterfaceKind.MANAGEMENT),
    Flow.INSPECT: (_POWER, InterfaceKind.INSPECT, _NETWORK),
    Flow.CLEAN: (_POWER, _NETWORK),
    Flow.DEPLOY: (
        _POWER,
        InterfaceKind.MANAGEMENT,
        InterfaceKind.BOOT,
        InterfaceKind.DEPLOY,
        InterfaceKind.STORAGE,
        _NETWORK,
    ),
    Flow.TEAR_DOWN: (_POWER,),
    Flow.ADOPT: (_POWER, InterfaceKind.MANAGEMENT, InterfaceKind.BOOT, InterfaceKind.DEPLOY),
    Flow.RESCUE: (_POWER, InterfaceKind.BOOT, InterfaceKind.RESCUE, _NETWORK),
    Flow.UNRESCUE: (_POWER, InterfaceKind.RESCUE, _NETWORK),
    Flow.SERVICE: (_POWER, _NETWORK),
}
_NEEDED_ELSEWHERE: Final[Mapping[Flow, tuple[InterfaceKind, ...]]] = {
    Flow.CLEAN: (_POWER,),
    Flow.DEPLOY: (InterfaceKind.DEPLOY,),
    Flow.TEAR_DOWN: (),
    Flow.ADOPT: (_POWER, InterfaceKind.DEPLOY),
}
"""For machines that somebody else looks after."""

_PLANNERS: Final[Mapping[Flow, Callable[[Wish], Plan]]] = {
    Flow.VERIFY: verify.plan,
    Flow.INSPECT: inspect_node.plan,
    Flow.CLEAN: clean.plan,
    Flow.DEPLOY: deploy.plan,
    Flow.TEAR_DOWN: tear_down.plan,
    Flow.ADOPT: adopt.plan,
    Flow.RESCUE: rescue.plan_rescue,
    Flow.UNRESCUE: rescue.plan_unrescue,
    Flow.SERVICE: service_node.plan,
}


def needed(flow: Flow, interfaces: NodeInterfaces) -> tuple[InterfaceKind, ...]:
    """The interfaces that must be valid before a flow may begin."""
    if interfaces.deploy.manages_machine:
        return _NEEDED[flow]
    return _NEEDED_ELSEWHERE.get(flow, _NEEDED[flow])


@dataclass(frozen=True, slots=True)
class Flows:
    """Makes work out of verbs."""

    settings: BareMetalSettings

    @property
    def limits(self) -> Mapping[Flow, int]:
        """How many nodes may be in a flow at once."""
        return {
            Flow.DEPLOY: self.settings.max_concurrent_deploy,
            Flow.CLEAN: self.settings.max_concurrent_clean,
        }

    @property
    def not_in_maintenance(self) -> frozenset[Flow]:
        """Flows that end when their node is put into maintenance."""
        allowed = self.settings.allow_provisioning_in_maintenance
        return frozenset() if allowed else frozenset({Flow.DEPLOY, Flow.CLEAN})

    async def begin(
        self, connection: AsyncConnection, event: Event, wish: Wish, context: RequestContext
    ) -> Work:
        """New work under a new intent. Raises Invalid for steps that cannot be run."""
        flow = FLOW_OF[event]
        if event is Event.PROVIDE:
            plan = await automated_cleaning(connection, wish.node, wish.interfaces, self.settings)
        else:
            plan = _PLANNERS[flow](wish)
        return Work(
            node_uuid=wish.node.uuid,
            flow=flow,
            intent=str(uuid.uuid4()),
            request_id=context.request_id,
            steps=plan.steps,
            clean_up=plan.clean_up,
            finish=plan.finish,
            user=context.user_id or context.user_name,
            project=context.project_id,
        )

    async def after(
        self, connection: AsyncConnection, registry: Registry, node: Node, work: Work
    ) -> Work | None:
        """Cleaning follows a tear down, under the same intent; nothing follows the rest."""
        if work.flow is not Flow.TEAR_DOWN:
            return None
        plan, refusal = Plan(()), None
        try:
            interfaces = registry.interfaces_of(node)
            plan = await automated_cleaning(connection, node, interfaces, self.settings)
        except Invalid as error:
            refusal = error.message
        return Work(
            node_uuid=node.uuid,
            flow=Flow.CLEAN,
            intent=work.intent,
            request_id=work.request_id,
            steps=plan.steps,
            clean_up=plan.clean_up,
            finish=Event.MANAGE if node.retired else Event.DONE,
            failure=refusal,
            user=work.user,
            project=work.project,
        )
