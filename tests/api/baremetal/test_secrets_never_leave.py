"""Secrets: accepted, kept sealed, and absent from every answer, every error and the log."""

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.secret import MASK, Secret

HUSH = "hush-hush"
INFO = {
    "ipmi_address": "10.0.0.1",
    "ipmi_password": f"{HUSH}-1",
    "nested": {"list": [{"snmp_auth_key": f"{HUSH}-2"}], "redfish_password": f"{HUSH}-3"},
    "fake_token": {"under": [f"{HUSH}-4"]},
}
INSTANCE = {
    "image_source": "http://images/1",
    "image_url": f"http://images/1?{HUSH}-5",
    "configdrive": f"{HUSH}-6",
    "rescue_password": f"{HUSH}-7",
}


async def everything(cloud, ident):
    """Every answer that could show a node."""
    return [
        await cloud.client.get(path)
        for path in (
            "/v1/nodes",
            "/v1/nodes/detail",
            "/v1/nodes?fields=driver_info,instance_info,driver_internal_info",
            f"/v1/nodes/{ident}",
            f"/v1/nodes/{ident}?fields=driver_info",
            f"/v1/nodes/{ident}/states",
            f"/v1/nodes/{ident}/validate",
            f"/v1/nodes/{ident}/timeline",
            f"/v1/nodes/{ident}/history?detail=true",
            f"/v1/nodes/{ident}/ports",
        )
    ]


async def test_no_answer_and_no_log_line_and_no_file_holds_a_secret(cloud, capsys):
    created = await cloud.client.post(
        "/v1/nodes",
        {"driver": "fake-hardware", "name": "n1", "driver_info": INFO, "instance_info": INSTANCE},
    )
    assert created.status == 201
    uuid = created.json["uuid"]
    token = Secret(f"{HUSH}-token")
    node = await cloud.stored(uuid)
    internal = node.with_internal(agent_secret_token=token).driver_internal_info
    await cloud.put_in_state(uuid, State.ENROLL, driver_internal_info=internal)
    patched = await cloud.patch(
        "/v1/nodes/n1",
        ("add", "/driver_info/second_password", f"{HUSH}-8"),
        ("replace", "/instance_info/rescue_password", f"{HUSH}-9"),
    )
    assert patched.status == 200
    answers = [created, patched, *await everything(cloud, "n1")]
    assert all(answer.status == 200 for answer in answers[1:])
    for answer in answers:
        assert HUSH not in answer.content.decode()
        assert HUSH not in str(answer.headers)
    assert patched.json["driver_info"]["ipmi_password"] == MASK
    assert patched.json["driver_info"]["ipmi_address"] == "10.0.0.1"
    assert HUSH not in "".join(capsys.readouterr())
    sealed = [f"{HUSH}-{number}" for number in (1, 2, 3, 4, 7, 8, 9, "token")]
    stored = await cloud.everything_stored()
    assert "fake-hardware" in stored
    assert not [each for each in sealed if each in stored]


@pytest.mark.parametrize(
    "body",
    [
        {"driver": "none", "driver_info": INFO},
        {"driver": "fake-hardware", "driver_info": INFO, "speed": 1},
        {"driver": "fake-hardware", "driver_info": [INFO]},
        {"driver": "fake-hardware", "driver_info": f"{HUSH}"},
        {"driver": "fake-hardware", "name": "a b", "driver_info": INFO},
        {"driver": {"ipmi_password": HUSH}},
        {"ipmi_password": HUSH},
    ],
)
async def test_refusals_do_not_repeat_secrets(cloud, body):
    answer = await cloud.client.post("/v1/nodes", body)
    assert answer.status == 400
    assert HUSH not in fault(answer)


@pytest.mark.parametrize(
    "operation",
    [
        ("add", "/driver_info/ipmi_password/deeper", HUSH),
        ("add", "/driver_info/none/deeper", {"ipmi_password": HUSH}),
        ("replace", "/driver_info", [HUSH]),
        ("replace", "/driver_info", HUSH),
    ],
)
async def test_refused_patches_do_not_repeat_secrets(cloud, operation):
    await cloud.enrol(name="n1", driver_info=INFO)
    answer = await cloud.patch("/v1/nodes/n1", operation)
    assert answer.status == 400
    assert HUSH not in fault(answer)


async def test_a_node_sent_back_as_shown_keeps_its_secrets(cloud):
    node = await cloud.enrol(name="n1", driver_info=INFO, instance_info=INSTANCE)
    before = await cloud.stored(node["uuid"])
    answer = await cloud.patch(
        "/v1/nodes/n1",
        ("replace", "/driver_info", node["driver_info"]),
        ("replace", "/instance_info", node["instance_info"]),
        ("add", "/driver_info/ipmi_password", MASK),
    )
    assert answer.status == 200
    after = await cloud.stored(node["uuid"])
    assert after.driver_info == before.driver_info
    assert after.instance_info == before.instance_info
    assert after.driver_info["ipmi_password"] == Secret(f"{HUSH}-1")


async def test_asterisks_where_nothing_is_stored_are_refused(cloud):
    await cloud.enrol(name="n1")
    answer = await cloud.patch("/v1/nodes/n1", ("add", "/driver_info/ipmi_password", MASK))
    assert answer.status == 400
    assert "none is stored" in fault(answer)


@pytest.mark.parametrize("text", ["sealed:v1:forged", "plain:v1:x", "plain:v1:sealed:v1:x"])
async def test_text_that_looks_sealed_is_kept_as_it_is(cloud, text):
    node = await cloud.enrol(name="n1", driver_info={"note": text, "list": [text]})
    assert node["driver_info"] == {"note": text, "list": [text]}
    assert (await cloud.client.get("/v1/nodes/detail")).json["nodes"][0]["uuid"] == node["uuid"]
