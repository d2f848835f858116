"""What goes wrong is told with step, cause and next command, and gives everything back."""

import asyncio
from datetime import timedelta

from tests.simulated.baremetal import a_node
from tests.simulated.cloud import SOMEBODY, a_compute_cloud

from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.domain.server import NetworkRequest, VmState
from bessemer.compute.operations.show_timeline import show_timeline
from bessemer.compute.store.flavors import add_flavor
from bessemer.context import admin_context
from bessemer.network.public import PortSpec

SETTLED = (VmState.ACTIVE, VmState.ERROR)


async def test_two_requests_race_for_the_last_node(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        first, second = await asyncio.gather(cloud.create(name="a"), cloud.create(name="b"))
        servers = [await cloud.until_state(s.id, *SETTLED) for s in (first, second)]
        states = sorted(server.vm_state for server in servers)
        assert states == [VmState.ACTIVE, VmState.ERROR]
        (loser,) = [server for server in servers if server.vm_state is VmState.ERROR]
        assert "No valid host was found: 1 node" in loser.fault.message
        assert cloud.baremetal.only().deploys == 1
        assert len(cloud.network.ports) == 1


async def test_ten_requests_for_ten_nodes_all_get_one(tmp_path):
    nodes = [a_node(f"node-{number}") for number in range(10)]
    async with a_compute_cloud(tmp_path, *nodes) as cloud:
        servers = await asyncio.gather(*(cloud.create(name=f"s{n}") for n in range(10)))
        done = [await cloud.until_state(server.id, *SETTLED) for server in servers]
        assert [server.fault for server in done] == [None] * 10
        assert len({server.node_uuid for server in done}) == 10


async def test_a_node_that_another_service_took_first_is_passed_over(tmp_path):
    nodes = a_node("node-1", instance_uuid="somebody-elses"), a_node("node-2")
    async with a_compute_cloud(tmp_path, *nodes) as cloud:
        cloud.baremetal.stale_lists = 1
        servers = [await cloud.create() for _ in range(1)]
        server = await cloud.until_state(servers[0].id, *SETTLED)
        assert server.vm_state is VmState.ACTIVE
        assert server.node_uuid == nodes[1].view.uuid


async def test_attempts_are_limited(tmp_path):
    nodes = [a_node(f"node-{n}", instance_uuid="somebody-elses") for n in range(5)]
    async with a_compute_cloud(tmp_path, *nodes, max_schedule_attempts=2) as cloud:
        cloud.baremetal.stale_lists = 10
        server = await cloud.create()
        server = await cloud.until_state(server.id, *SETTLED)
        assert "2 nodes were tried" in server.fault.message


async def test_no_valid_host_says_per_reason_how_many_nodes(tmp_path):
    nodes = (
        a_node("n1", provision_state="cleaning"),
        a_node("n2", provision_state="active", instance_uuid=None),
        a_node("n3", provision_state="active", instance_uuid=None),
        a_node("n4", properties={"capabilities": "boot_mode:bios"}),
    )
    async with a_compute_cloud(tmp_path, *nodes) as cloud:
        specs = {"capabilities:boot_mode": "uefi", "resources:CUSTOM_GOLD": "1"}
        async with cloud.database.write() as connection:
            await add_flavor(connection, Flavor("2", "uefi", 1, 1, 1, extra_specs=specs))
        server = await cloud.create(flavor_id="2")
        server = await cloud.until_state(server.id, VmState.ERROR)
        assert server.fault.message == (
            "Could not find a node: No valid host was found: 4 nodes: 3 are not available "
            "(active, cleaning), 1 is lacking capability boot_mode=uefi. Next: openstack "
            "baremetal node list --fields uuid name provision_state maintenance instance_uuid "
            "resource_class"
        )


async def test_a_failed_deploy_is_told_and_everything_is_given_back(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        cloud.baremetal.deploy_error = "the image's checksum is wrong"
        server = await cloud.create()
        server = await cloud.until_state(server.id, *SETTLED)
        node = cloud.baremetal.only().view
        assert server.status == "ERROR"
        assert "Could not deploy the node on node" in server.fault.message
        assert "the image's checksum is wrong. Next: openstack" in server.fault.message
        assert cloud.network.ports == {}
        await cloud.until(server.id, lambda _: cloud.baremetal.only().view.instance_uuid is None)
        assert server.node_uuid is None
        rows = await show_timeline(cloud.compute.rooms, server)
        assert [row.number for row in rows if row.state == "failed"] == [13]
        assert [row.state for row in rows[13:]] == ["waiting"] * 3
        assert node.uuid in server.fault.message
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.until_state(server.id, VmState.DELETED)


async def test_a_node_that_is_not_fit_is_not_deployed(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        cloud.baremetal.invalid = {"power": "the BMC's password is missing"}
        server = await cloud.create()
        server = await cloud.until_state(server.id, *SETTLED)
        assert "power: the BMC's password is missing" in server.fault.message
        assert "openstack baremetal node validate" in server.fault.message
        assert cloud.baremetal.only().view.instance_uuid is None
        assert cloud.baremetal.only().deploys == 0
        assert cloud.network.ports == {}


async def test_more_networks_than_nics(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        tenant = NetworkRequest(cloud.tenant)
        server = await cloud.create(networks=(tenant, tenant, tenant))
        server = await cloud.until_state(server.id, *SETTLED)
        assert "Could not attach the network ports to the node" in server.fault.message
        assert cloud.baremetal.only().vifs == {}
        assert cloud.baremetal.only().view.instance_uuid is None
        assert cloud.network.ports == {}


async def test_a_fault_that_passes_is_waited_out(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        cloud.baremetal.busy = 2
        server = await cloud.create()
        server = await cloud.until_state(server.id, *SETTLED)
        assert server.fault is None


async def test_a_fault_that_stays_ends_the_build(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1"), max_step_tries=2) as cloud:
        cloud.baremetal.busy = 1_000
        server = await cloud.create()
        server = await cloud.until(server.id, lambda s: s.fault is not None)
        assert "locked by a power look" in server.fault.message


async def test_the_users_own_port_is_used_and_kept(tmp_path):
    async with a_compute_cloud(tmp_path, a_node("node-1")) as cloud:
        port = await cloud.network.create_port(admin_context(), PortSpec(cloud.tenant))
        server = await cloud.create(networks=(NetworkRequest("", port.id),))
        server = await cloud.until_state(server.id, VmState.ACTIVE)
        assert [vif.port_id for vif in server.vifs] == [port.id]
        assert list(cloud.network.ports) == [port.id]
        await cloud.compute.delete_server(SOMEBODY, server.id)
        await cloud.until_state(server.id, VmState.DELETED)
        assert list(cloud.network.ports) == [port.id]
        assert cloud.baremetal.only().vifs == {}


async def test_lost_nudges_are_found_by_the_sweep(tmp_path):
    async with a_compute_cloud(
        tmp_path, a_node("node-1"), sweep_interval=timedelta(milliseconds=100)
    ) as cloud:
        for unsubscribe in cloud.compute._worker._unsubscribe:
            unsubscribe()
        cloud.compute._worker._unsubscribe.clear()
        server = await cloud.create()
        assert (await cloud.until_state(server.id, *SETTLED)).fault is None
