"""Ironic: a PATCH of a volume target answered with the credentials that a GET hid. Every answer to a
write goes through the same masks as one to a read."""

from bessemer.baremetal.domain.node import Power
from bessemer.baremetal.domain.provision.states import State

SECRET = "hunter3"


async def test_no_answer_to_a_write_shows_credentials(tenancy):
    await tenancy.cloud.put_in_state(tenancy.node, State.ENROLL, power_state=Power.OFF)
    path = f"/v1/volume/targets/{tenancy.things['/volume/targets']}"
    body = {
        "node_uuid": tenancy.node,
        "volume_type": "iscsi",
        "volume_id": "w",
        "boot_index": 1,
        "properties": {"target_iqn": "iqn.y", "auth_password": SECRET},
    }
    for persona in ("system admin", "owner admin", "owner member"):
        change = ("/properties", {"target_iqn": "iqn.y", "auth_password": SECRET})
        answer = await tenancy.patch(persona, path, change)
        assert answer.status == 200, answer.content
        assert SECRET not in answer.content.decode()
        assert ("iqn.y" in answer.content.decode()) is persona.endswith("admin")
    made = await tenancy.by("owner admin").post("/v1/volume/targets", body)
    assert made.status == 201
    assert SECRET not in made.content.decode()
