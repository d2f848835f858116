"""Network interface `noop`: the operator cables and plugs; nobody's switch is touched."""

from typing import ClassVar

from bessemer.baremetal.domain.nics import Nic, Nics, VifWish, best, free
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import Attached, NetworkInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Invalid


class NoopNetwork(NetworkInterface):
    """Named "noop". Attachments are kept on the NICs, so that they can be listed and undone."""

    makes_ports: ClassVar = False

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Nothing is needed."""

    @step("deploy", "clean")
    async def add_network(self, task: Task, purpose: str) -> Outcome:
        """Leave everything as the operator cabled it."""
        return Done(f"nothing to plug for {Purpose(purpose)}")

    @step("deploy", "clean")
    async def remove_network(self, task: Task, purpose: str) -> Outcome:
        """Leave everything as it is."""
        return Done(f"nothing to unplug after {Purpose(purpose)}")

    @step("deploy")
    async def configure_tenant_networks(self, task: Task) -> Outcome:
        """Leave everything as it is."""
        return Done("nothing to plug")

    @step("deploy")
    async def unconfigure_tenant_networks(self, task: Task) -> Outcome:
        """Leave everything as it is."""
        return Done("nothing to unplug")

    async def vif_attach(
        self, context: RequestContext, node: Node, nics: Nics, wish: VifWish
    ) -> Attached:
        if wish.vif_id in self.vif_list(nics):
            raise Conflict(f"Network port {wish.vif_id} is attached to node {node.uuid} already.")
        candidates = [nic for nic in free(nics, lambda _port: True) if wish.admits(nic)]
        chosen = best(candidates, nics, frozenset())
        if chosen is None:
            raise Invalid(
                f"No NIC is free for network port {wish.vif_id}: node {node.uuid} has "
                f"{len(nics.ports)}."
            )
        changed = nics.addressed(chosen).with_internal(tenant_vif_port_id=wish.vif_id)
        return Attached(changed, changed.address or "")

    async def vif_detach(self, context: RequestContext, node: Node, nics: Nics, vif_id: str) -> Nic:
        holder = nics.holder_of(vif_id)
        if holder is None:
            raise Invalid(f"Network port {vif_id} is not attached to node {node.uuid}.")
        return holder.with_internal(tenant_vif_port_id=None)
