"""`/v1/inspection_rules`."""

import pytest
from tests.api.baremetal.cloud import VERSION, a_cloud, fault

URL = "/v1/inspection_rules"
ACTION = {"op": "set-attribute", "args": {"path": "/extra/rack", "value": "r1"}}
CONDITION = {"op": "!eq", "args": {"values": ["{node.driver}", "ipmi"]}, "multiple": "all"}


async def add(cloud, **fields):
    answer = await cloud.client.post(URL, {"actions": [ACTION], **fields})
    assert answer.status == 201, answer.content
    return answer.json


async def test_a_rule_is_made_shown_and_deleted(cloud):
    made = await add(cloud, conditions=[CONDITION], description="racks", priority=5)
    assert (made["conditions"], made["actions"]) == ([CONDITION], [ACTION])
    standard = {name: made[name] for name in ("phase", "priority", "sensitive", "description")}
    assert standard == {
        "phase": "main",
        "priority": 5,
        "sensitive": False,
        "description": "racks",
    }
    url = f"{URL}/{made['uuid']}"
    assert (await cloud.client.get(url)).json == made
    assert (await cloud.client.delete(url)).status == 204
    assert (await cloud.client.get(url)).status == 404


async def test_the_words_that_the_command_line_sends_are_taken(cloud):
    made = await add(cloud, priority="100", sensitive="false", conditions=None, phase=None)
    assert (made["priority"], made["sensitive"], made["conditions"]) == (100, False, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"actions": []}, "at least one action"),
        ({"actions": [{"op": "explode", "args": {}}]}, "actions/0/op must be one of"),
        ({"actions": [{**ACTION, "args": {"path": "/x"}}]}, "actions/0: set-attribute needs value"),
        ({"actions": [{"op": "api-call", "args": {"url": "http://x"}}]}, "switched off"),
        (
            {"actions": [{"op": "set-attribute", "args": {"path": "/driver", "value": "ipmi"}}]},
            "openstack baremetal node set --driver",
        ),
        ({"conditions": [{"op": "eq"}]}, "conditions/0 must be an object"),
        ({"conditions": [{"op": "matches", "args": ["x", "("]}]}, "RE2"),
        ({"conditions": "x"}, "conditions must be a list"),
        ({"phase": "late"}, "phase must be one of main"),
        ({"priority": -1}, "priority"),
        ({"priority": 10_000}, "priority must be from 0 to 9999"),
        ({"sensitive": "perhaps"}, "sensitive"),
        ({"scope": "x"}, "'scope'"),
        ({"uuid": "racks"}, "UUID"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(cloud, change, words):
    answer = await cloud.client.post(URL, {"actions": [ACTION], **change})
    assert answer.status == 400
    assert words in fault(answer)
    assert (await cloud.client.get(URL)).json == {"inspection_rules": []}


async def test_calls_are_taken_where_the_setting_allows_them(tmp_path):
    async with a_cloud(tmp_path, inspection_rule_api_calls=True) as cloud:
        await add(cloud, actions=[{"op": "api-call", "args": {"url": "http://192.0.2.1/"}}])


async def test_a_sensitive_rule_shows_neither_conditions_nor_actions(cloud):
    secret = {"op": "set-attribute", "args": {"path": "/driver_info/p", "value": "swordfish"}}
    made = await add(cloud, actions=[secret], sensitive=True)
    url = f"{URL}/{made['uuid']}"
    assert (made["conditions"], made["actions"]) == (None, None)
    for answer in (
        await cloud.client.get(url),
        await cloud.client.get(f"{URL}?detail=True"),
        await cloud.patch(url, ("replace", "/priority", 3)),
        await cloud.patch(url, ("replace", "/sensitive", False)),
    ):
        assert b"swordfish" not in answer.content
    assert (await cloud.client.get(url)).json["sensitive"] is True
    opened = await cloud.patch(
        url,
        ("replace", "/sensitive", False),
        ("replace", "/actions", [ACTION]),
        ("replace", "/conditions", []),
    )
    assert opened.json["actions"] == [ACTION]


async def test_a_patch_changes_a_rule_and_refuses_nonsense(cloud):
    made = await add(cloud, conditions=[CONDITION])
    url = f"{URL}/{made['uuid']}"
    answer = await cloud.patch(
        url,
        ("replace", "/priority", 7),
        ("add", "/actions/-", {"op": "log", "args": {"msg": "x"}}),
        ("remove", "/conditions"),
    )
    assert (answer.json["priority"], len(answer.json["actions"])) == (7, 2)
    assert answer.json["conditions"] == []
    for bad in (
        ("remove", "/actions"),
        ("replace", "/actions/0/op", "explode"),
        ("replace", "/phase", "x"),
        ("add", "/scope", "x"),
        ("replace", "/uuid", made["uuid"]),
    ):
        assert (await cloud.patch(url, bad)).status == 400, bad


async def test_lists_and_the_end_of_all_rules(cloud):
    first, second = await add(cloud, priority=1), await add(cloud, priority=2)
    rows = (await cloud.client.get(URL)).json["inspection_rules"]
    assert [set(row) for row in rows] == [{"uuid", "description", "phase", "priority", "links"}] * 2
    by_priority = f"{URL}?detail=true&sort_key=priority&sort_dir=desc&phase=main"
    assert (await cloud.client.get(by_priority)).json["inspection_rules"] == [second, first]
    assert (await cloud.client.get(f"{URL}?sort_key=actions")).status == 400
    assert (await cloud.client.delete(URL)).status == 204
    assert (await cloud.client.get(URL)).json == {"inspection_rules": []}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "", 404), ("POST", "", 405), ("DELETE", "", 405)]
)
async def test_before_1_96_there_is_no_such_thing(cloud, method, path, status):
    body = {"actions": [ACTION]} if method == "POST" else None
    answer = await cloud.client.request(method, URL + path, body, headers={VERSION: "1.95"})
    assert answer.status == status
