"""Verbs and flows: which work each verb begins, and which flow follows which."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.provision.work import Flow, StepCall, Work
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.operations import clean, deploy, inspect_node, tear_down, verify
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.context import RequestId

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
}
"""Targets of `PUT /v1/nodes/{id}/states/provision` that begin or stop work."""

FLOW_OF: Final[Mapping[Event, Flow]] = {
    Event.DEPLOY: Flow.DEPLOY,
    Event.REBUILD: Flow.DEPLOY,
    Event.DELETE: Flow.TEAR_DOWN,
    Event.PROVIDE: Flow.CLEAN,
    Event.INSPECT: Flow.INSPECT,
    Event.MANAGE: Flow.VERIFY,
}


@dataclass(frozen=True, slots=True)
class Flows:
    """Makes work out of verbs."""

    settings: BareMetalSettings

    def begin(
        self, flow: Flow, node: Node, interfaces: NodeInterfaces, request_id: RequestId
    ) -> Work:
        """New work under a new intent."""
        steps, clean_up = self._plan(flow, node, interfaces)
        return Work(
            node_uuid=node.uuid,
            flow=flow,
            intent=str(uuid.uuid4()),
            request_id=request_id,
            steps=steps,
            clean_up=clean_up,
        )

    def after(self, node: Node, work: Work) -> Work | None:
        """Cleaning follows a tear down, under the same intent; nothing follows the rest."""
        if work.flow is not Flow.TEAR_DOWN:
            return None
        cleans = self._cleans(node)
        return Work(
            node_uuid=node.uuid,
            flow=Flow.CLEAN,
            intent=work.intent,
            request_id=work.request_id,
            steps=clean.STEPS if cleans else (),
            clean_up=clean.CLEAN_UP if cleans else (),
            finish=Event.MANAGE if node.retired else Event.DONE,
        )

    def _plan(
        self, flow: Flow, node: Node, interfaces: NodeInterfaces
    ) -> tuple[tuple[StepCall, ...], tuple[StepCall, ...]]:
        match flow:
            case Flow.VERIFY:
                return verify.STEPS, ()
            case Flow.INSPECT:
                return inspect_node.STEPS, inspect_node.CLEAN_UP
            case Flow.CLEAN:
                return (clean.STEPS, clean.CLEAN_UP) if self._cleans(node) else ((), ())
            case Flow.DEPLOY:
                return deploy.steps(interfaces.deploy), deploy.CLEAN_UP
            case Flow.TEAR_DOWN:
                return tear_down.STEPS, ()

    def _cleans(self, node: Node) -> bool:
        if node.automated_clean is not None:
            return node.automated_clean
        return self.settings.automated_clean
