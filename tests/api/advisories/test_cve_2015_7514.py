"""Ironic CVE-2015-7514: disks kept the last tenant's data, since nothing was cleaned after the instance.
Unless settings say otherwise, nobody gets a machine before its disks are erased."""

import pytest
from tests.api.baremetal.cloud import a_cloud

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.settings import BareMetalSettings

PROVISION = "/v1/nodes/n1/states/provision"
FAILS = {"fake_fail_step": "deploy.erase_devices_metadata,deploy.erase_devices"}


async def gives_its_instance_up(cloud, **fields):
    node = await cloud.enrol(name="n1", **fields)
    await cloud.put_in_state(node["uuid"], State.ACTIVE)
    assert (await cloud.client.put(PROVISION, {"target": "deleted"})).status == 202
    return node["uuid"]


def test_cleaning_is_what_happens_unless_settings_say_otherwise():
    assert BareMetalSettings().automated_clean is True


async def test_a_machine_is_erased_before_it_is_available(tmp_path):
    async with a_cloud(tmp_path, automated_clean=True) as cloud:
        uuid = await gives_its_instance_up(cloud)
        await cloud.until_state(uuid, "available")
        entries = (await cloud.client.get("/v1/nodes/n1/timeline")).json["timeline"]
        cleaned = [each for each in entries if each["flow"] == "clean"]
        assert any(each["step"].startswith("erase_devices") for each in cleaned)
        assert {each["outcome"] for each in cleaned} == {"done"}


async def test_a_machine_that_could_not_be_erased_is_nobodys(tmp_path):
    async with a_cloud(tmp_path, automated_clean=True) as cloud:
        uuid = await gives_its_instance_up(cloud, driver_info=FAILS)
        node = await cloud.until_state(uuid, "clean failed")
        assert node["maintenance"] is True
        assert (await cloud.client.put(PROVISION, {"target": "active"})).status == 400


@pytest.mark.parametrize("target", ["active", "provide"])
async def test_no_verb_gets_around_it(tmp_path, target):
    async with a_cloud(tmp_path, automated_clean=True) as cloud:
        node = await cloud.enrol(name="n1", driver_info=FAILS)
        for state in (State.CLEANING, State.CLEAN_WAIT, State.CLEAN_FAILED, State.DELETING):
            await cloud.put_in_state(node["uuid"], state)
            assert (await cloud.client.put(PROVISION, {"target": target})).status == 400
