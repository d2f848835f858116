"""Network interface `noop`: the operator cables and plugs; nobody's switch is touched."""

from collections.abc import Sequence

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import NetworkInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.context import RequestContext
from bessemer.errors import Conflict, Invalid


class NoopNetwork(NetworkInterface):
    """Named "noop". Attachments are kept on the NICs, so that they can be listed and undone."""

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
        self, context: RequestContext, node: Node, ports: Sequence[Port], vif_id: str
    ) -> Port:
        if vif_id in self.vif_list(ports):
            raise Conflict(f"Network port {vif_id} is attached to node {node.uuid} already.")
        free = [port for port in ports if port.tenant_vif is None]
        if not free:
            raise Invalid(
                f"No NIC is free for network port {vif_id}: node {node.uuid} has {len(ports)}."
            )
        chosen = max(free, key=lambda port: port.pxe_enabled)
        return chosen.with_internal(tenant_vif_port_id=vif_id)

    async def vif_detach(
        self, context: RequestContext, node: Node, ports: Sequence[Port], vif_id: str
    ) -> Port:
        for port in ports:
            if port.tenant_vif == vif_id:
                return port.with_internal(tenant_vif_port_id=None)
        raise Invalid(f"Network port {vif_id} is not attached to node {node.uuid}.")
