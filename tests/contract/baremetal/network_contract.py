"""What every network plug-in must do."""

import uuid
from collections.abc import Awaitable, Callable

import pytest
from tests.baremetal_task import MemoryTask, run_to_end

from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import NetworkInterface
from bessemer.errors import Conflict, Invalid

NewVif = Callable[[], Awaitable[str]]
"""Makes a tenant's network port; its id."""


async def attach(plugin: NetworkInterface, task: MemoryTask, vif: str) -> None:
    """Attach and keep, as the operation does."""
    changed = await plugin.vif_attach(task.context, task.node, task.ports, vif)
    await task.save_port(changed)


async def detach(plugin: NetworkInterface, task: MemoryTask, vif: str) -> None:
    """Detach and keep."""
    changed = await plugin.vif_detach(task.context, task.node, task.ports, vif)
    await task.save_port(changed)


class NetworkContract:
    """Subclasses give the fixtures `plugin`, `task` (a node with two cabled NICs) and `new_vif`."""

    @pytest.mark.parametrize("purpose", list(Purpose))
    async def test_a_ramdisk_network_comes_and_goes_and_may_be_asked_for_twice(
        self, plugin: NetworkInterface, task: MemoryTask, purpose: Purpose
    ) -> None:
        before = task.ports
        for step in ("add_network", "add_network", "remove_network", "remove_network"):
            outcome = await run_to_end(task, plugin, step, purpose=purpose.value)
            assert isinstance(outcome, Done), outcome
        assert task.ports == before

    async def test_tenant_networks_come_and_go_and_may_be_asked_for_twice(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        await attach(plugin, task, await new_vif())
        before = task.ports
        for step in (
            "unconfigure_tenant_networks",
            "configure_tenant_networks",
            "configure_tenant_networks",
            "unconfigure_tenant_networks",
            "unconfigure_tenant_networks",
        ):
            outcome = await run_to_end(task, plugin, step)
            assert isinstance(outcome, Done), outcome
        assert task.ports == before

    async def test_every_vif_gets_a_nic_until_none_is_free(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        vifs = [await new_vif() for _ in task.ports]
        for vif in vifs:
            await attach(plugin, task, vif)
        assert sorted(plugin.vif_list(task.ports)) == sorted(vifs)
        with pytest.raises(Invalid, match="No NIC is free"):
            await attach(plugin, task, await new_vif())

    async def test_a_vif_is_attached_once(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        vif = await new_vif()
        await attach(plugin, task, vif)
        with pytest.raises(Conflict, match=vif):
            await attach(plugin, task, vif)

    async def test_a_detached_vif_leaves_its_nic_free(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        before, vif = task.ports, await new_vif()
        await attach(plugin, task, vif)
        await detach(plugin, task, vif)
        assert task.ports == before
        await attach(plugin, task, vif)

    async def test_what_is_not_attached_cannot_be_detached(
        self, plugin: NetworkInterface, task: MemoryTask
    ) -> None:
        with pytest.raises(Invalid, match="not attached"):
            await detach(plugin, task, str(uuid.uuid4()))
