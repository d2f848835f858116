"""What every network plug-in must do."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.baremetal_task import MemoryTask, a_portgroup, run_to_end

from bessemer.baremetal.domain.nics import VifWish
from bessemer.baremetal.domain.provision.work import Done
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import NetworkInterface, keep, nics_of
from bessemer.errors import Conflict, Invalid

NewVif = Callable[[], Awaitable[str]]
"""Makes a tenant's network port; its id."""


async def attach(plugin: NetworkInterface, task: MemoryTask, vif: str, **where: str) -> str:
    """Attach and keep, as the operation does; the MAC that the network port has then."""
    wish = VifWish(vif, **where)
    attached = await plugin.vif_attach(task.context, task.node, await nics_of(task), wish)
    await keep(task, attached.nic)
    for port in attached.members:
        await keep(task, port)
    return attached.mac_address


async def detach(plugin: NetworkInterface, task: MemoryTask, vif: str) -> None:
    """Detach and keep."""
    await keep(task, await plugin.vif_detach(task.context, task.node, await nics_of(task), vif))


class NetworkContract:
    """Subclasses give the fixtures `plugin`, `task` (a node with two cabled NICs) and `new_vif`."""

    @pytest.mark.parametrize("purpose", list(Purpose))
    async def test_a_ramdisk_network_comes_and_goes_and_may_be_asked_for_twice(
        self, plugin: NetworkInterface, task: MemoryTask, purpose: Purpose, new_vif: NewVif
    ) -> None:
        await attach(plugin, task, await new_vif())
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
        assert sorted(plugin.vif_list(await nics_of(task))) == sorted(vifs)
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

    async def test_a_bond_is_taken_before_its_members_and_before_single_nics(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        self._bond(task)
        first = await new_vif()
        await attach(plugin, task, first)
        assert [group.tenant_vif for group in task.groups] == [first]
        with pytest.raises(Invalid, match="No NIC is free"):
            await attach(plugin, task, await new_vif())

    async def test_a_bond_comes_and_goes_like_a_nic(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        self._bond(task)
        before, vif = task.groups, await new_vif()
        await attach(plugin, task, vif)
        for step in ("configure_tenant_networks", "unconfigure_tenant_networks", "detach_vifs"):
            outcome = await run_to_end(task, plugin, step)
            assert isinstance(outcome, Done), outcome
        assert task.groups == before

    async def test_the_nic_may_be_named(
        self, plugin: NetworkInterface, task: MemoryTask, new_vif: NewVif
    ) -> None:
        vif, last = await new_vif(), task.ports[-1]
        await attach(plugin, task, vif, port_uuid=last.uuid)
        assert task.ports[-1].tenant_vif == vif
        with pytest.raises(Invalid, match="No NIC is free"):
            await attach(plugin, task, await new_vif(), port_uuid=last.uuid)
        with pytest.raises(Invalid, match="No NIC is free"):
            await attach(plugin, task, await new_vif(), portgroup_uuid=last.uuid)

    @staticmethod
    def _bond(task: MemoryTask) -> None:
        group = a_portgroup(task.node, address=task.ports[0].address)
        task.groups = (group,)
        task.ports = tuple(replace(port, portgroup_uuid=group.uuid) for port in task.ports)
