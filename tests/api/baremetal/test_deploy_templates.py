"""`/v1/deploy_templates`."""

import uuid

import pytest
from tests.api.baremetal.cloud import VERSION, fault

from bessemer.baremetal.store.deploy_templates import find_by_names

STEP = {"interface": "raid", "step": "apply_configuration", "args": {"n": 1}, "priority": 90}
URL = "/v1/deploy_templates"


async def add(cloud, name="CUSTOM_RAID5", **fields):
    answer = await cloud.client.post(URL, {"name": name, "steps": [STEP], **fields})
    assert answer.status == 201, answer.content
    return answer.json


async def test_a_template_is_made_shown_by_uuid_and_name_and_deleted(cloud):
    made = await add(cloud, extra={"a": 1}, description="mirrors", uuid=None)
    assert made["steps"] == [STEP]
    assert (made["extra"], made["description"]) == ({"a": 1}, "mirrors")
    assert made["links"][0]["href"] == f"http://cloud.test{URL}/{made['uuid']}"
    for ident in (made["uuid"], "CUSTOM_RAID5"):
        assert (await cloud.client.get(f"{URL}/{ident}")).json == made
    assert (await cloud.client.delete(f"{URL}/CUSTOM_RAID5")).status == 204
    assert (await cloud.client.get(f"{URL}/CUSTOM_RAID5")).status == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "custom"}, "no trait"),
        ({"name": None}, "must be a string"),
        ({"steps": []}, "1 to 1000"),
        ({"steps": None}, "steps must be a list"),
        ({"steps": [STEP, STEP]}, "raid.apply_configuration comes twice"),
        ({"steps": [{**STEP, "interface": "network"}]}, "steps/0/interface must be one of"),
        ({"steps": [{**STEP, "priority": -1}]}, "steps/0/priority"),
        ({"steps": [{**STEP, "priority": True}]}, "steps/0/priority"),
        ({"steps": [{**STEP, "step": ""}]}, "steps/0/step"),
        ({"steps": [{**STEP, "args": []}]}, "steps/0/args must be an object"),
        ({"steps": [{**STEP, "order": 1}]}, "unknown keys: order"),
        ({"steps": [{"interface": "raid", "step": "x", "priority": 1}]}, "steps/0 needs args"),
        ({"uuid": "x"}, "UUID"),
        ({"extra": []}, "extra must be an object"),
        ({"traits": []}, "'traits'"),
    ],
)
async def test_templates_that_make_no_sense_are_refused(cloud, change, words):
    body = {"name": "CUSTOM_A", "steps": [STEP], **change}
    answer = await cloud.client.post(URL, body)
    assert answer.status == 400
    assert words in fault(answer)
    assert (await cloud.client.get(URL)).json == {"deploy_templates": []}


@pytest.mark.parametrize("missing", ["name", "steps"])
async def test_name_and_steps_are_needed(cloud, missing):
    body = {"name": "CUSTOM_A", "steps": [STEP]}
    del body[missing]
    answer = await cloud.client.post(URL, body)
    assert answer.status == 400
    assert missing in fault(answer)


async def test_names_and_uuids_are_taken_once(cloud):
    made = await add(cloud, "CUSTOM_A")
    twice = await cloud.client.post(URL, {"name": "CUSTOM_A", "steps": [STEP]})
    assert (twice.status, "CUSTOM_A" in fault(twice)) == (409, True)
    same = {"name": "CUSTOM_B", "steps": [STEP], "uuid": made["uuid"]}
    assert (await cloud.client.post(URL, same)).status == 409
    await add(cloud, "CUSTOM_B")
    taken = await cloud.patch(f"{URL}/CUSTOM_B", ("replace", "/name", "CUSTOM_A"))
    assert taken.status == 409


async def test_a_patch_renames_and_changes_steps(cloud):
    made = await add(cloud, "CUSTOM_A")
    answer = await cloud.patch(
        f"{URL}/CUSTOM_A",
        ("replace", "/name", "CUSTOM_B"),
        ("replace", "/steps/0/priority", "20"),
        ("add", "/steps/-", {**STEP, "step": "other"}),
        ("add", "/extra/x", 1),
    )
    assert answer.status == 200, answer.content
    assert answer.json == (await cloud.client.get(f"{URL}/{made['uuid']}")).json
    assert answer.json["name"] == "CUSTOM_B"
    assert [step["priority"] for step in answer.json["steps"]] == [20, 90]
    assert answer.json["extra"] == {"x": 1}


@pytest.mark.parametrize(
    "operation",
    [
        ("remove", "/name"),
        ("remove", "/steps"),
        ("replace", "/steps", []),
        ("remove", "/steps/0"),
        ("remove", "/steps/0/args"),
        ("replace", "/uuid", str(uuid.uuid4())),
        ("replace", "/name", "bad name"),
        ("add", "/steps/-", STEP),
        ("add", "/color", "red"),
    ],
)
async def test_patches_that_make_no_sense_change_nothing(cloud, operation):
    made = await add(cloud)
    assert (await cloud.patch(f"{URL}/{made['uuid']}", operation)).status == 400
    assert (await cloud.client.get(f"{URL}/{made['uuid']}")).json == made


async def test_lists_page_by_uuid_or_name(cloud):
    made = [await add(cloud, f"CUSTOM_{letter}") for letter in "ABC"]
    plain = (await cloud.client.get(URL)).json["deploy_templates"]
    assert [set(row) for row in plain] == [{"uuid", "name", "links"}] * 3
    assert (await cloud.client.get(f"{URL}?detail=True")).json["deploy_templates"] == made
    first = (await cloud.client.get(f"{URL}?limit=1&sort_key=name&sort_dir=desc")).json
    assert [row["name"] for row in first["deploy_templates"]] == ["CUSTOM_C"]
    second = (await cloud.client.get(first["next"].removeprefix("http://cloud.test"))).json
    assert [row["name"] for row in second["deploy_templates"]] == ["CUSTOM_B"]
    named = (await cloud.client.get(f"{URL}?marker=CUSTOM_A&fields=name")).json
    assert [row["name"] for row in named["deploy_templates"]] == ["CUSTOM_B", "CUSTOM_C"]
    for bad in ("sort_key=steps", "sort_key=extra", "marker=none", "limit=0", "fields=x", "a=b"):
        assert (await cloud.client.get(f"{URL}?{bad}")).status == 400, bad


async def test_secrets_in_arguments_are_not_shown(cloud):
    step = {**STEP, "args": {"bmc": {"password": "swordfish"}}}
    answer = await cloud.client.post(URL, {"name": "CUSTOM_A", "steps": [step]})
    assert answer.json["steps"][0]["args"] == {"bmc": {"password": "******"}}
    assert b"swordfish" not in (await cloud.client.get(f"{URL}?detail=True")).content
    shown = answer.json["steps"]
    await cloud.patch(f"{URL}/CUSTOM_A", ("replace", "/steps", [{**shown[0], "priority": 5}]))
    async with cloud.desk.reading() as connection:
        (kept,) = await find_by_names(connection, ["CUSTOM_A"])
    assert kept.steps[0].priority == 5
    assert kept.steps[0].args == {"bmc": {"password": "swordfish"}}


async def test_before_1_55_there_is_no_such_thing(cloud):
    old = {VERSION: "1.54"}
    assert (await cloud.client.request("GET", URL, headers=old)).status == 404
