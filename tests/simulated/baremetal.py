"""A small bare metal service in memory: real states, a real journal, deploys that take steps."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from bessemer.baremetal.public import (
    NODE_CHANGED,
    BondView,
    JournalEntry,
    NodeTaken,
    NodeView,
    Progress,
    Validation,
)
from bessemer.bus.memory import MemoryBus
from bessemer.clock import now
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Invalid, NotFound, Transient

DEPLOY = (
    "power.power_off",
    "network.unconfigure_tenant_networks",
    "network.add_network",
    "deploy.prepare_image",
    "boot.prepare_ramdisk",
    "management.boot_from_network",
    "power.power_on",
    "deploy.wait_for_ramdisk",
    "deploy.write_image",
    "deploy.prepare_instance_boot",
    "deploy.tear_down_agent",
    "deploy.switch_to_tenant_network",
    "deploy.boot_instance",
)
UNDEPLOYABLE = {"active", "wait call-back", "deploy failed", "error"}


@dataclass
class SimulatedNode:
    view: NodeView
    macs: tuple[str, ...]
    vifs: dict[str, str] = field(default_factory=dict)
    bond: str | None = None
    """Mode of a bond over all NICs, on which every network port is."""
    journal: list[JournalEntry] = field(default_factory=list)
    info: Mapping[str, Any] = field(default_factory=dict)
    configdrive: Any = None
    deploys: int = 0


def a_node(name: str, **fields: Any) -> SimulatedNode:
    properties = {"cpu_arch": "x86_64", "capabilities": "boot_mode:uefi"}
    values: dict[str, Any] = {
        "uuid": str(uuid5(NAMESPACE_DNS, name)),
        "name": name,
        "provision_state": "available",
        "target_provision_state": None,
        "power_state": "power off",
        "maintenance": False,
        "instance_uuid": None,
        "resource_class": "gold",
        "traits": frozenset(),
        "properties": properties,
        "last_error": None,
    }
    tail = uuid5(NAMESPACE_DNS, name).hex[:2]
    macs = (f"52:54:00:00:{tail}:01", f"52:54:00:00:{tail}:02")
    return SimulatedNode(NodeView(**(values | fields)), macs)


class SimulatedBareMetal:
    """Implements BareMetalService. Knobs: what fails, what is held up, what is not valid."""

    def __init__(self, bus: MemoryBus, *nodes: SimulatedNode) -> None:
        self._bus = bus
        self.nodes = {node.view.uuid: node for node in nodes}
        self.hold: dict[str, asyncio.Event] = {}
        """Journal step -> event that it waits for."""
        self.deploy_error: str | None = None
        self.invalid: dict[str, str] = {}
        self.stale_lists = 0
        """How many `list_nodes` show claimed nodes as free: another process was faster."""
        self.teardown_error: str | None = None
        self.busy = 0
        """How many calls are refused because the node is locked."""
        self.soft_power = True
        self._tasks: set[asyncio.Task[None]] = set()

    def only(self) -> SimulatedNode:
        (node,) = self.nodes.values()
        return node

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in list(self._tasks):
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def list_nodes(self, context: RequestContext) -> Sequence[NodeView]:
        views = [node.view for node in self.nodes.values()]
        if self.stale_lists:
            self.stale_lists -= 1
            views = [replace(view, instance_uuid=None) for view in views]
        return views

    async def get_node(self, context: RequestContext, ident: str) -> NodeView:
        return self._node(ident).view

    async def claim(self, context: RequestContext, node_uuid: str, instance_uuid: str) -> None:
        node = self._node(node_uuid)
        if node.view.instance_uuid is not None or node.view.provision_state != "available":
            raise NodeTaken(f"Node {node.view.name} is taken.")
        await self._set(node, instance_uuid=instance_uuid)

    async def release(self, context: RequestContext, node_uuid: str, instance_uuid: str) -> None:
        node = self._node(node_uuid)
        if node.view.instance_uuid == instance_uuid:
            node.info = {}
            await self._set(node, instance_uuid=None)

    async def set_instance_info(
        self, context: RequestContext, node_uuid: str, info: Mapping[str, Any]
    ) -> None:
        self._check_busy()
        self._node(node_uuid).info = info

    async def validate(self, context: RequestContext, node_uuid: str) -> Mapping[str, Validation]:
        names = ("power", "management", "boot", "deploy", "network")
        return {
            name: Validation(name not in self.invalid, self.invalid.get(name)) for name in names
        } | {"storage": Validation(None)}

    async def attach_vif(self, context: RequestContext, node_uuid: str, vif_id: str) -> str:
        node = self._node(node_uuid)
        if vif_id in node.vifs:
            raise Conflict(f"VIF {vif_id} is attached already.")
        free = [mac for mac in node.macs if mac not in node.vifs.values()]
        if not free:
            raise Invalid(f"Node {node.view.name} has no free NIC for {vif_id}.")
        node.vifs[vif_id] = free[0]
        return free[0]

    async def detach_vif(self, context: RequestContext, node_uuid: str, vif_id: str) -> None:
        self._node(node_uuid).vifs.pop(vif_id, None)

    async def list_bonds(self, context: RequestContext, node_uuid: str) -> Sequence[BondView]:
        node = self._node(node_uuid)
        if node.bond is None:
            return []
        members = {str(uuid5(NAMESPACE_DNS, mac)): mac for mac in node.macs}
        return [BondView(vif_id, node.bond, {"miimon": 100}, members) for vif_id in node.vifs]

    async def provision(
        self,
        context: RequestContext,
        node_uuid: str,
        target: str,
        *,
        configdrive: Any = None,
    ) -> None:
        self._check_busy()
        node = self._node(node_uuid)
        state = node.view.provision_state
        if target == "active" and state == "available":
            node.configdrive, node.journal, node.deploys = configdrive, [], node.deploys + 1
            await self._set(node, provision_state="deploying", target_provision_state="active")
            self._spawn(self._deploy(node))
        elif target == "deleted" and state in UNDEPLOYABLE:
            await self._set(node, provision_state="deleting", target_provision_state="available")
            self._spawn(self._tear_down(node))
        else:
            raise Invalid(f"{target} is not possible in state {state}.")

    async def set_power(self, context: RequestContext, node_uuid: str, target: str) -> None:
        if target.startswith("soft") and not self.soft_power:
            raise Invalid("This node has no soft power control.")
        off = target in ("power off", "soft power off")
        node = self._node(node_uuid)
        self._spawn(self._set(node, power_state="power off" if off else "power on"))

    async def journal(self, context: RequestContext, node_uuid: str) -> Sequence[JournalEntry]:
        return tuple(self._node(node_uuid).journal)

    async def _deploy(self, node: SimulatedNode) -> None:
        for name in DEPLOY:
            if node.view.provision_state not in ("deploying", "wait call-back"):
                return
            interface, step = name.split(".")
            entry = JournalEntry("deploy", interface, step, now(), None, None)
            node.journal.append(entry)
            progress = Progress(50, 100, "percent") if name == "deploy.write_image" else None
            waiting = name in ("deploy.wait_for_ramdisk", "deploy.write_image")
            state = "wait call-back" if waiting else "deploying"
            await self._set(node, provision_state=state, step=name, progress=progress)
            if name in self.hold:
                await self.hold[name].wait()
            if node.view.provision_state not in ("deploying", "wait call-back"):
                return
            failed = name == "deploy.write_image" and self.deploy_error is not None
            outcome = "failed" if failed else "done"
            node.journal[-1] = replace(entry, finished_at=now(), outcome=outcome)
            if failed:
                await self._set(
                    node, provision_state="deploy failed", step=None, last_error=self.deploy_error
                )
                return
            power = {"power_on": "power on", "boot_instance": "power on"}.get(step)
            if power:
                await self._set(node, power_state=power)
        await self._set(
            node, provision_state="active", step=None, progress=None, target_provision_state=None
        )

    async def _tear_down(self, node: SimulatedNode) -> None:
        if self.teardown_error is not None:
            await self._set(node, provision_state="error", last_error=self.teardown_error)
            return
        if "tear_down" in self.hold:
            await self.hold["tear_down"].wait()
        node.vifs, node.info = {}, {}
        await self._set(
            node, provision_state="cleaning", instance_uuid=None, power_state="power off"
        )
        if "cleaning" in self.hold:
            await self.hold["cleaning"].wait()
        await self._set(
            node, provision_state="available", step=None, last_error=None, progress=None
        )

    def _check_busy(self) -> None:
        if self.busy:
            self.busy -= 1
            raise Transient("The node is locked by a power look; try again.")

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _set(self, node: SimulatedNode, **fields: Any) -> None:
        node.view = replace(node.view, **fields)
        await self._bus.publish(NODE_CHANGED, {"node_uuid": node.view.uuid})
        await asyncio.sleep(0)

    def _node(self, ident: str) -> SimulatedNode:
        for node in self.nodes.values():
            if ident in (node.view.uuid, node.view.name):
                return node
        raise NotFound(f"Node {ident} could not be found.")
