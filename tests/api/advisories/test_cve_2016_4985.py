"""Ironic CVE-2016-4985: a call meant for the ramdisk gave whole nodes, with their BMCs' passwords,
to anybody who knew a MAC. A lookup tells nothing of a node that awaits no ramdisk, and of the
others nothing that a ramdisk has no use for."""

import pytest

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.secret import Secret

LOOKUP = "/v1/lookup?addresses=52:54:00:00:00:99"
INFO = {"ipmi_address": "10.9.8.7", "ipmi_password": Secret("hush")}


@pytest.mark.parametrize("state", [State.ACTIVE, State.AVAILABLE, State.ENROLL, State.MANAGEABLE])
async def test_a_mac_opens_nothing_while_no_ramdisk_is_awaited(tenancy, state):
    await tenancy.cloud.put_in_state(tenancy.node, state, driver_info=INFO)
    known = await tenancy.cloud.ramdisk.get(LOOKUP)
    unknown = await tenancy.cloud.ramdisk.get(LOOKUP.replace("99", "98"))
    assert known.status == unknown.status == 404
    assert known.content == unknown.content


async def test_an_awaited_ramdisk_learns_nothing_of_the_bmc(tenancy):
    instance = {"image_source": "x", "rescue_password": Secret("hush"), "configdrive": "hush"}
    await tenancy.cloud.put_in_state(
        tenancy.node, State.DEPLOY_WAIT, driver_info=INFO, instance_info=instance
    )
    answer = await tenancy.cloud.ramdisk.get(LOOKUP)
    assert answer.status == 200
    assert "driver_info" not in answer.json["node"]
    assert b"hush" not in answer.content
    assert b"10.9.8.7" not in answer.content
