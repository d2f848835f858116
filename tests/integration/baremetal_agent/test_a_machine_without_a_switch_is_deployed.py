"""manual-management: no BMC. Whole flows on a real database, beside an agent's real command API."""

import asyncio
from datetime import timedelta

import pytest
from tests.baremetal_room import Room, a_room
from tests.baremetal_task import MemoryMachines, MemoryTask, a_node, run_to_end
from tests.integration.baremetal_agent.loopback_agent import LoopbackAgent

from bessemer.baremetal.conductor import worker
from bessemer.baremetal.domain.node import InterfaceKind, Power, PowerTarget
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.provision.work import Done, Signal, StepCall
from bessemer.baremetal.drivers.agent.trouble import AgentUnreachable
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.drivers.manual.power import AgentPower
from bessemer.baremetal.drivers.neutron.network import NeutronNetwork
from bessemer.baremetal.operations import preconditions, set_power
from bessemer.baremetal.operations.provision import ProvisionRequest, provision
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store import journal
from bessemer.baremetal.store import work as work_store
from bessemer.context import admin_context
from bessemer.errors import Invalid

BY_AGENT = {
    InterfaceKind.BOOT: "fake",
    InterfaceKind.DEPLOY: "custom-agent",
    InterfaceKind.MANAGEMENT: "noop",
    InterfaceKind.NETWORK: "noop",
    InterfaceKind.POWER: "agent",
}
REBOOT = "run_image"


@pytest.fixture
async def room(tmp_path, client):
    def make(settings, machines):
        return registry(settings, None, None, client, IpmiClients(settings), machines, tmp_path)

    async with a_room(tmp_path, make, agent_lost_after=timedelta(seconds=1)) as made:
        yield made


async def ask(room: Room, node, verb: str, **more) -> None:
    await provision(room.desk, admin_context(), node.uuid, ProvisionRequest(verb, **more))


async def look(room: Room, node):
    async with room.database.read() as connection:
        found = await room.nodes.get(connection, node.uuid)
        return found, await work_store.find(connection, node.uuid)


async def until_it_waits_for_its_ramdisk(room: Room, node):
    async with asyncio.timeout(30):
        while True:
            await worker.work_on(room.engine(), node.uuid)
            found, work = await look(room, node)
            if work.step.name == "wait_for_ramdisk" and work.waiting is not None:
                return found, work


async def call_back(room: Room, node, agent: LoopbackAgent) -> None:
    """What the agent's heartbeat writes down."""
    found, _ = await look(room, node)
    async with room.database.write() as connection:
        await room.nodes.save(connection, found.with_internal(**agent.facts()))
        await work_store.signal(connection, node.uuid, Signal.AGENT)


async def journal_of(room: Room, node) -> dict[str, str]:
    async with room.database.read() as connection:
        entries = await journal.of_node(connection, node.uuid)
    return {f"{entry.interface}.{entry.step}": entry.detail for entry in entries}


async def test_a_whole_life_beside_an_agent(room: Room, agent: LoopbackAgent):
    agent.held.may_end.set()
    node = await room.a_node(State.MANAGEABLE, interfaces=BY_AGENT)
    await ask(room, node, "provide")
    _, work = await until_it_waits_for_its_ramdisk(room, node)
    assert "switch it on by hand" in work.waiting.reason
    assert agent.orders() == []
    await call_back(room, node, agent)
    node = await room.run_to_rest(node.uuid)
    assert (node.provision_state, node.last_error) == (State.AVAILABLE, None)

    await ask(room, node, "active")
    await until_it_waits_for_its_ramdisk(room, node)
    assert agent.orders()[-1] == REBOOT
    agent.restart()
    agent.held.may_end.set()
    await call_back(room, node, agent)
    node = await room.run_to_rest(node.uuid)
    assert (node.provision_state, node.power_state) == (State.ACTIVE, Power.ON)
    assert agent.orders() == ["sync", REBOOT]
    assert not {"agent_url", "last_agent", "reset_due"} & set(node.driver_internal_info)

    await ask(room, node, "deleted")
    _, work = await until_it_waits_for_its_ramdisk(room, node)
    assert "switch it on by hand" in work.waiting.reason
    assert (await journal_of(room, node))["power.power_on"].startswith("no agent runs there")


async def test_an_agent_that_is_gone_is_no_reason_to_fail_while_a_ramdisk_is_awaited(
    room: Room, agent: LoopbackAgent
):
    facts = agent.facts()
    agent.die()
    node = await room.a_node(State.AVAILABLE, interfaces=BY_AGENT, driver_internal_info=facts)
    await ask(room, node, "active")
    await until_it_waits_for_its_ramdisk(room, node)
    assert "by hand" in (await journal_of(room, node))["power.power_on"]


async def test_a_reboot_on_request_goes_to_the_agent(room: Room, agent: LoopbackAgent):
    node = await room.a_node(
        State.MANAGEABLE, interfaces=BY_AGENT, driver_internal_info=agent.facts()
    )
    order = await set_power.accept(room.desk, node.uuid, PowerTarget.REBOOT)
    await set_power.carry_out(room.desk, order)
    found, _ = await look(room, node)
    assert (found.power_state, found.last_error) == (Power.ON, None)
    assert agent.orders() == [REBOOT]
    with pytest.raises(Invalid, match="power off"):
        await set_power.accept(room.desk, node.uuid, PowerTarget.OFF)


async def test_it_is_not_moved_between_networks_while_it_runs(room: Room):
    chosen = {**BY_AGENT, InterfaceKind.NETWORK: "neutron"}
    node = await room.a_node(State.AVAILABLE, interfaces=chosen)
    with pytest.raises(Invalid, match="has no power switch"):
        await ask(room, node, "active")
    interfaces = room.desk.registry.interfaces_of(node)
    with pytest.raises(Invalid, match="network interface flat or noop"):
        preconditions.validate(interfaces, InterfaceKind.NETWORK, node, (), ())


@pytest.mark.parametrize("allowed", [False, True])
def test_nor_is_one_that_its_operator_keeps_on_unless_settings_allow_it(allowed: bool):
    settings = BareMetalSettings(allow_disabling_power_off=allowed)
    power = FakePower(settings, MemoryMachines())
    network = NeutronNetwork(None, settings)
    network.validate_power(a_node(), power)
    if allowed:
        network.validate_power(a_node(disable_power_off=True), power)
    else:
        with pytest.raises(Invalid, match=r"set baremetal\.allow_disabling_power_off"):
            network.validate_power(a_node(disable_power_off=True), power)


def a_task(agent: LoopbackAgent, *later: StepCall) -> MemoryTask:
    task = MemoryTask(a_node(driver_internal_info=agent.facts()))
    task.work = task.work_for(StepCall("power", "power_on"), *later)
    return task


async def test_killed_after_the_order_it_is_not_given_up(agent: LoopbackAgent, client):
    power = AgentPower(client, BareMetalSettings())
    task = a_task(agent)
    assert isinstance(await run_to_end(task, power, "power_off"), Done)
    task.raises_on = {"save": KeyboardInterrupt()}
    task.work = task.work_for(StepCall("power", "power_on"))
    with pytest.raises(KeyboardInterrupt):
        await power.power_on(task)
    agent.die()
    assert isinstance(await power.power_on(task), Done)
    assert task.node.power_state is Power.ON


async def test_the_instance_is_not_said_to_run_when_nobody_could_start_it(
    agent: LoopbackAgent, client
):
    power = AgentPower(client, BareMetalSettings())
    task = a_task(agent)
    assert isinstance(await power.power_off(task), Done)
    agent.die()
    task.work = task.work_for(StepCall("deploy", "boot_instance"))
    for _ in range(2):
        with pytest.raises(AgentUnreachable):
            await power.power_on(task)
