"""Network: which VLAN each NIC is in, at every point of a node's life."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task
from bessemer.context import RequestContext


class NetworkInterface(Plugin):
    """Plugs and unplugs. A step is Done only when the switch reads back what was asked."""

    kind: ClassVar = InterfaceKind.NETWORK

    @step("deploy", "clean")
    @abstractmethod
    async def add_network(self, task: Task, purpose: str) -> Outcome:
        """Put the boot NICs on the network for `purpose` (a `boot.Purpose`)."""

    @step("deploy", "clean")
    @abstractmethod
    async def remove_network(self, task: Task, purpose: str) -> Outcome:
        """Take the node off that network."""

    @step("deploy")
    @abstractmethod
    async def configure_tenant_networks(self, task: Task) -> Outcome:
        """Plug every NIC that has a tenant's network port into the tenant's network."""

    @step("deploy")
    @abstractmethod
    async def unconfigure_tenant_networks(self, task: Task) -> Outcome:
        """Unplug them; the attachments stay."""

    @step()
    async def detach_vifs(self, task: Task) -> Outcome:
        """Let go of every tenant's network port: the NICs are free for the next instance."""
        attached = [port.tenant_vif for port in task.ports if port.tenant_vif]
        for vif_id in attached:
            await task.save_port(await self.vif_detach(task.context, task.node, task.ports, vif_id))
        return Done(f"{len(attached)} network ports detached")

    @abstractmethod
    async def vif_attach(
        self, context: RequestContext, node: Node, ports: Sequence[Port], vif_id: str
    ) -> Port:
        """Choose a NIC for a tenant's network port, give that the NIC's MAC; the changed Port.

        Raises Conflict (already attached), Invalid (no free NIC), NetworkError.
        """

    @abstractmethod
    async def vif_detach(
        self, context: RequestContext, node: Node, ports: Sequence[Port], vif_id: str
    ) -> Port:
        """Undo `vif_attach`; the changed Port. Raises Invalid when it is not attached."""

    def vif_list(self, ports: Sequence[Port]) -> list[str]:
        """Ids of the tenant's network ports attached to the node."""
        return [port.tenant_vif for port in ports if port.tenant_vif]
