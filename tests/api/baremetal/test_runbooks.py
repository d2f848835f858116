"""`/v1/runbooks` and their traits."""

import pytest
from tests.api.baremetal.cloud import VERSION, fault

URL = "/v1/runbooks"
STEPS = [
    {"interface": "bios", "step": "apply_configuration", "args": {"settings": []}, "order": 1},
    {"interface": "power", "step": "reboot", "order": 2},
]


async def add(cloud, name="CUSTOM_BOOK", **fields):
    answer = await cloud.client.post(URL, {"name": name, "steps": STEPS, **fields})
    assert answer.status == 201, answer.content
    return answer.json


async def test_a_runbook_is_made_shown_by_uuid_and_name_and_deleted(cloud):
    made = await add(cloud, disable_ramdisk=True, owner="project-1", description="x")
    assert made["steps"] == [STEPS[0], {**STEPS[1], "args": {}}]
    shown = {name: made[name] for name in ("disable_ramdisk", "owner", "public", "traits")}
    assert shown == {
        "disable_ramdisk": True,
        "owner": "project-1",
        "public": False,
        "traits": [],
    }
    for ident in (made["uuid"], "CUSTOM_BOOK"):
        assert (await cloud.client.get(f"{URL}/{ident}")).json == made
    assert (await cloud.client.delete(f"{URL}/{made['uuid']}")).status == 204
    assert (await cloud.client.get(URL)).json == {"runbooks": []}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a b"}, "name is made of"),
        ({"name": "a/b"}, "name is made of"),
        ({"steps": []}, "1 to 1000"),
        ({"steps": [{**STEPS[0], "order": 2}, STEPS[1]]}, "both have the order 2"),
        ({"steps": [{**STEPS[0], "interface": "network"}]}, "steps/0/interface"),
        ({"steps": [{**STEPS[0], "priority": 1}]}, "unknown keys: priority"),
        ({"steps": [{"interface": "bios", "step": "x"}]}, "steps/0 needs order"),
        ({"traits": ["CUSTOM_A"]}, "'traits'"),
        ({"public": True, "owner": "me"}, "belongs to nobody"),
        ({"public": "perhaps"}, "public must be"),
        ({"owner": 5}, "owner must be a string"),
    ],
)
async def test_runbooks_that_make_no_sense_are_refused(cloud, change, words):
    answer = await cloud.client.post(URL, {"name": "CUSTOM_A", "steps": STEPS, **change})
    assert answer.status == 400
    assert words in fault(answer)


async def test_names_are_traits_before_1_112_and_free_words_after(cloud):
    body = {"name": "lower-case", "steps": STEPS}
    old = await cloud.client.request("POST", URL, body, headers={VERSION: "1.111"})
    assert (old.status, "no trait" in fault(old)) == (400, True)
    assert (await add(cloud, "lower-case"))["name"] == "lower-case"


async def test_a_patch_makes_public_and_takes_the_owner_away(cloud):
    made = await add(cloud, owner="project-1")
    answer = await cloud.patch(f"{URL}/{made['uuid']}", ("replace", "/public", True))
    assert (answer.json["public"], answer.json["owner"]) == (True, None)
    refused = await cloud.patch(f"{URL}/{made['uuid']}", ("add", "/owner", "project-1"))
    assert (refused.status, "public" in fault(refused)) == (400, True)
    renamed = await cloud.patch(f"{URL}/{made['uuid']}", ("replace", "/name", "CUSTOM_NEW"))
    assert renamed.json["name"] == "CUSTOM_NEW"
    for bad in (("add", "/traits/-", "CUSTOM_A"), ("replace", "/steps/1/order", 1)):
        assert (await cloud.patch(f"{URL}/CUSTOM_NEW", bad)).status == 400


async def test_lists_filter_by_project_and_public(cloud):
    await add(cloud, "CUSTOM_A", owner="me")
    await add(cloud, "CUSTOM_B", public=True)
    for query, found in (
        ("", ["CUSTOM_A", "CUSTOM_B"]),
        ("project=me", ["CUSTOM_A"]),
        ("public=True", ["CUSTOM_B"]),
        ("public=false", ["CUSTOM_A"]),
    ):
        rows = (await cloud.client.get(f"{URL}?{query}")).json["runbooks"]
        assert [row["name"] for row in rows] == found, query
    assert set(rows[0]) == {"uuid", "name", "links"}


async def test_traits_are_put_one_by_one_or_all_at_once(cloud):
    made = await add(cloud)
    traits = f"{URL}/CUSTOM_BOOK/traits"
    assert (await cloud.client.put(traits, {"traits": ["CUSTOM_B", "CUSTOM_A"]})).status == 204
    assert (await cloud.client.get(traits)).json == {"traits": ["CUSTOM_A", "CUSTOM_B"]}
    one = await cloud.client.put(f"{traits}/CUSTOM_C")
    assert one.status == 204
    assert one.headers["Location"].endswith(f"{made['uuid']}/traits/CUSTOM_C")
    assert (await cloud.client.delete(f"{traits}/CUSTOM_A")).status == 204
    assert (await cloud.client.delete(f"{traits}/CUSTOM_NONE")).status == 204
    shown = (await cloud.client.get(f"{URL}/{made['uuid']}")).json
    assert shown["traits"] == ["CUSTOM_B", "CUSTOM_C"]
    assert (await cloud.client.delete(traits)).status == 204
    assert (await cloud.client.get(traits)).json == {"traits": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"traits": "CUSTOM_A"}, 400),
        ({"traits": ["lower"]}, 400),
        ({"traits": [1]}, 400),
        ({}, 400),
        ({"traits": [], "more": 1}, 400),
        ({"traits": [f"CUSTOM_{n}" for n in range(51)]}, 400),
    ],
)
async def test_traits_that_are_none_are_refused(cloud, body, status):
    await add(cloud)
    assert (await cloud.client.put(f"{URL}/CUSTOM_BOOK/traits", body)).status == status
    assert (await cloud.client.put(f"{URL}/CUSTOM_NONE/traits", {"traits": []})).status == 404


async def test_what_came_later_is_hidden_before(cloud):
    await add(cloud)
    old = {VERSION: "1.111"}
    shown = await cloud.client.request("GET", f"{URL}/CUSTOM_BOOK", headers=old)
    assert not {"traits", "description"} & set(shown.json)
    hidden = await cloud.client.request("GET", f"{URL}/CUSTOM_BOOK/traits", headers=old)
    assert hidden.status == 404
    assert (await cloud.client.request("GET", URL, headers={VERSION: "1.91"})).status == 404
