"""A cloud and a fleet: machines with true BMCs and agents go from `enroll` to `active` and back."""

from contextlib import AsyncExitStack

import pytest
from tests.live_server import serving

from bessemer.bootstrap import Cloud
from bessemer.settings import load_settings
from bessemer_lab.demo.api import BAREMETAL, Api
from bessemer_lab.fleet import enrolment
from bessemer_lab.fleet.commands import Durations
from bessemer_lab.fleet.fleet import Fleet, FleetSpec
from bessemer_lab.fleet.lan import Conditions
from bessemer_lab.machine.faults import Fault

LIMIT_S = 240.0
COUNT = 2
IMAGE = {
    "image_source": "http://127.0.0.1:1/image.raw",
    "image_disk_format": "raw",
    "image_os_hash_algo": "sha256",
    "image_os_hash_value": "a" * 64,
}


class Site:
    """The cloud's API, and the fleet that it has."""

    def __init__(self, api: Api, fleet: Fleet) -> None:
        self.api, self.fleet = api, fleet

    async def ask(self, target: str) -> None:
        for number in range(COUNT):
            path = f"{BAREMETAL}/nodes/fleet-{number:05d}/states/provision"
            await self.api.put(path, {"target": target})

    async def all_are(self, state: str) -> None:
        for number in range(COUNT):
            path = f"{BAREMETAL}/nodes/fleet-{number:05d}"
            seen = await self.api.wait_for(path, lambda node: _at_rest(node, state), LIMIT_S)
            assert seen["provision_state"] == state, seen["last_error"]


def _at_rest(node, state: str) -> bool:
    return bool(node["provision_state"] == state or "failed" in node["provision_state"])


@pytest.fixture
async def site(tmp_path, request):
    """`request.param`: further settings of the bare metal room."""
    own = getattr(request, "param", {})
    flags = {
        "server": {"state_directory": tmp_path / "state"},
        "network": {"dhcp": "none"},
        "baremetal": {"agent_poll_interval": 0.2, "sync_power_state_interval": 3600, **own},
    }
    cloud = Cloud(load_settings(flags=flags))
    async with AsyncExitStack() as stack:
        await cloud.start()
        stack.push_async_callback(cloud.stop)
        operators = await stack.enter_async_context(serving(cloud.operators_app))
        ramdisk = await stack.enter_async_context(serving(cloud.ramdisk_app))
        spec = FleetSpec(
            count=COUNT,
            ramdisk_url=ramdisk,
            bmc_port=0,
            agent_port=0,
            conditions=Conditions(latency_s=0.01, loss=0.01, duplicates=0.1),
            boot_s=1.0,
            durations=Durations(1.0, 0.2),
        )
        fleet = Fleet(spec)
        await fleet.open()
        stack.push_async_callback(fleet.close)
        api = await stack.enter_async_context(Api(operators))
        done = []
        await enrolment.enrol(api, fleet.spec, lambda: done.append(1))
        await enrolment.enrol(api, fleet.spec, lambda: done.append(1))
        await enrolment.manage(api, fleet.spec, lambda: done.append(1))
        assert len(done) == 3 * COUNT
        yield Site(api, fleet)


async def test_a_fleet_goes_from_bare_to_active_and_back(site):
    await site.all_are("manageable")
    await site.ask("provide")
    await site.all_are("available")
    assert site.fleet.running == 0
    for number in range(COUNT):
        path = f"{BAREMETAL}/nodes/fleet-{number:05d}"
        change = [{"op": "add", "path": "/instance_info", "value": IMAGE}]
        await site.api.call("PATCH", path, change)
    await site.ask("active")
    await site.all_are("active")
    assert {machine.running_from for machine in site.fleet.machines} == {"disk"}
    assert site.fleet.agents == 0
    site.fleet.machines[0].faults = frozenset({Fault.NEVER_BOOTS})
    await site.ask("deleted")
    for number in range(1, COUNT):
        path = f"{BAREMETAL}/nodes/fleet-{number:05d}"
        await site.api.wait_for(path, lambda node: _at_rest(node, "available"), LIMIT_S)
    path = f"{BAREMETAL}/nodes/fleet-00000"
    await site.api.wait_for(path, lambda node: _at_rest(node, "clean wait"), LIMIT_S)
    assert site.fleet.machines[0].is_on


@pytest.mark.parametrize("site", [{"boot_retry_timeout": 4}], indirect=True)
async def test_a_machine_that_did_not_boot_is_started_anew(site):
    machine = site.fleet.machines[0]
    machine.faults = frozenset({Fault.NEVER_BOOTS})
    await site.ask("provide")
    path = f"{BAREMETAL}/nodes/fleet-00000"
    await site.api.wait_for(path, lambda node: _at_rest(node, "clean wait"), LIMIT_S)
    assert machine.running_from == "pxe"
    machine.faults = frozenset()
    await site.all_are("available")
