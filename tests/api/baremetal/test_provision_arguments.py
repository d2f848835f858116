"""What goes with each provision verb: since when, with which verb, in which shape."""

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.api.provision_arguments import (
    ARGUMENTS_OF_PROVISION,
    GOES_WITH,
    VERB_SINCE,
)
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.secret import MASK

PROVISION = "/v1/nodes/n1/states/provision"
STEP = {"interface": "bios", "step": "factory_reset"}
UUID = "5b6c2f3e-0000-4000-8000-000000000001"
GIVEN = {
    "configdrive": "http://h/drive",
    "clean_steps": [STEP],
    "service_steps": [STEP],
    "deploy_steps": [{**STEP, "args": {}, "priority": 95}],
    "rescue_password": "hunter22",
    "disable_ramdisk": True,
    "runbook": "CUSTOM_BOOK",
}
PAIRS = [
    (name, target, max(since, VERB_SINCE[target]))
    for name, targets in GOES_WITH.items()
    for target, since in targets.items()
]


def version(minor: int) -> dict[str, str]:
    return {"X_OpenStack_Ironic_API_Version": f"1.{minor}"}


@pytest.mark.parametrize(("name", "target", "since"), PAIRS)
async def test_an_argument_came_with_its_version(cloud, name, target, since):
    await cloud.enrol(name="n1")
    body = {"target": target, name: GIVEN[name]}
    if since > 1:
        before = await cloud.client.put(PROVISION, body, **version(since - 1))
        assert before.status == 406, fault(before)
    at_last = await cloud.client.put(PROVISION, body, **version(since))
    assert at_last.status == 400
    assert f'"{ {"active": "deploy"}.get(target, target) }" can not be performed' in fault(at_last)


@pytest.mark.parametrize("name", GOES_WITH)
async def test_an_argument_is_refused_with_every_other_verb(cloud, name):
    await cloud.enrol(name="n1")
    for target in set(VERB_SINCE) - set(GOES_WITH[name]):
        answer = await cloud.client.put(PROVISION, {"target": target, name: GIVEN[name]})
        assert answer.status == 400, target
        assert f"{name} goes with" in fault(answer)


def test_every_argument_has_its_row():
    assert set(GIVEN) == set(GOES_WITH) == set(ARGUMENTS_OF_PROVISION) - {"target"}


@pytest.mark.parametrize(
    ("target", "arguments", "words"),
    [
        ("clean", {"clean_steps": "x"}, "clean_steps must be a list"),
        ("clean", {"clean_steps": [STEP] * 1001}, "clean_steps must be a list of 1 to 1000"),
        ("clean", {"clean_steps": [7]}, "clean_steps/0 must be an object"),
        ("clean", {"clean_steps": [{"interface": "bios"}]}, "clean_steps/0 needs step"),
        ("clean", {"clean_steps": [{**STEP, "speed": 1}]}, "clean_steps/0 has unknown keys: speed"),
        ("clean", {"clean_steps": [{**STEP, "interface": "boot"}]}, "clean_steps/0/interface must"),
        ("clean", {"clean_steps": [{**STEP, "step": ""}]}, "clean_steps/0/step must have 1 to"),
        ("clean", {"clean_steps": [{**STEP, "step": 4}]}, "clean_steps/0/step must be a string"),
        ("clean", {"clean_steps": [{**STEP, "args": []}]}, "clean_steps/0/args must be an object"),
        ("clean", {"clean_steps": [{**STEP, "order": -1}]}, "clean_steps/0/order must be a whole"),
        ("clean", {"clean_steps": [{**STEP, "order": True}]}, "clean_steps/0/order must be"),
        ("clean", {"clean_steps": [STEP, {**STEP, "order": 1}]}, "either every step has an order"),
        (
            "clean",
            {"clean_steps": [{**STEP, "limit_child_node_execution": [UUID]}]},
            "goes with execute_on_child_nodes",
        ),
        (
            "clean",
            {
                "clean_steps": [
                    {
                        **STEP,
                        "execute_on_child_nodes": True,
                        "limit_child_node_execution": ["child"],
                    }
                ]
            },
            "limit_child_node_execution/0",
        ),
        ("clean", {"clean_steps": [STEP], "runbook": "x"}, "exclude each other"),
        ("clean", {}, "Target clean needs clean_steps"),
        ("clean", {"disable_ramdisk": "perhaps", "clean_steps": [STEP]}, "disable_ramdisk must be"),
        ("clean", {"runbook": "no-such"}, "no-such"),
        ("clean", {"clean_steps": [{**STEP, "args": {"x": 1}}]}, "does not take args x"),
        (
            "clean",
            {"clean_steps": [{"interface": "bios", "step": "apply_configuration"}]},
            "lacks its required args: settings",
        ),
        (
            "clean",
            {"clean_steps": [{"interface": "deploy", "step": "write_image"}]},
            "no clean step",
        ),
        (
            "clean",
            {"clean_steps": [{"interface": "deploy", "step": "x"}], "disable_ramdisk": True},
            "need the ramdisk",
        ),
        (
            "clean",
            {"clean_steps": [{"interface": "deploy", "step": "wait", "args": {"seconds": 0}}]},
            "seconds must be a whole number",
        ),
        (
            "clean",
            {"clean_steps": [{"interface": "deploy", "step": "hold", "args": {"seconds": 1}}]},
            "does not take args seconds",
        ),
    ],
)
async def test_arguments_of_cleaning_that_make_no_sense_are_refused(
    cloud, target, arguments, words
):
    node = await cloud.enrol(name="n1")
    before = await cloud.put_in_state(node["uuid"], State.MANAGEABLE)
    answer = await cloud.client.put(PROVISION, {"target": target, **arguments})
    assert answer.status in {400, 404}
    assert words in fault(answer)
    assert (await cloud.stored(node["uuid"])).provision_state is before.provision_state


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"deploy_steps": [STEP]}, "deploy_steps/0 needs args, priority"),
        ({"deploy_steps": [{**GIVEN["deploy_steps"][0], "priority": -1}]}, "priority must be"),
        ({"deploy_steps": GIVEN["deploy_steps"] * 2}, "comes twice"),
        (
            {"deploy_steps": [{"interface": "deploy", "step": "x", "args": {}, "priority": 30}]},
            "needs a priority from 41 to 99",
        ),
        (
            {"deploy_steps": [{"interface": "deploy", "step": "x", "args": {}, "priority": 80}]},
            "other than 80",
        ),
    ],
)
async def test_deploy_steps_that_make_no_sense_are_refused(cloud, arguments, words):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.AVAILABLE)
    answer = await cloud.client.put(PROVISION, {"target": "active", **arguments})
    assert answer.status == 400
    assert words in fault(answer)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        (None, "rescue_password"),
        ("", "rescue_password"),
        ("   ", "not an empty one"),
        ("ä" * 37, "longer than 72 bytes"),
        (["x"], "rescue_password must be a string"),
    ],
)
async def test_a_rescue_needs_a_password_that_is_one(cloud, password, words):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.ACTIVE)
    answer = await cloud.client.put(PROVISION, {"target": "rescue", "rescue_password": password})
    assert answer.status == 400
    assert words in fault(answer)


async def test_the_rescue_password_is_masked_wherever_it_is_shown_and_then_forgotten(cloud):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.ACTIVE)
    body = {"target": "rescue", "rescue_password": "hunter22"}
    assert (await cloud.client.put(PROVISION, body)).status == 202
    shown = await cloud.until_state(node["uuid"], "rescue")
    info = shown["instance_info"]
    assert info["rescue_password"] == info["hashed_rescue_password"] == MASK
    assert b"hunter22" not in (await cloud.client.get("/v1/nodes/n1")).content
    assert (await cloud.client.put(PROVISION, {"target": "unrescue"})).status == 202
    back = await cloud.until_state(node["uuid"], "active")
    assert back["instance_info"] == {}


async def test_steps_run_in_their_order_whatever_their_place_in_the_list(cloud):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.MANAGEABLE)
    steps = [
        {"interface": "power", "step": "power_off", "order": 2},
        {"interface": "power", "step": "power_on", "order": 1},
    ]
    body = {"target": "clean", "clean_steps": steps, "disable_ramdisk": True}
    assert (await cloud.client.put(PROVISION, body)).status == 202
    await cloud.until(node["uuid"], lambda now: now["target_provision_state"] is None)
    entries = (await cloud.client.get("/v1/nodes/n1/timeline")).json["timeline"]
    assert [entry["step"] for entry in entries] == ["power_on", "power_off"]


@pytest.mark.parametrize(
    ("minor", "traits", "of_node", "words"),
    [
        (111, ["CUSTOM_ANY"], "CUSTOM_BOOK", ""),
        (111, ["CUSTOM_ANY"], "CUSTOM_ANY", "none of the traits CUSTOM_BOOK"),
        (112, ["CUSTOM_ANY"], "CUSTOM_ANY", ""),
        (112, ["CUSTOM_ANY"], "CUSTOM_BOOK", "none of the traits CUSTOM_ANY"),
        (112, [], "CUSTOM_BOOK", "is for no node yet"),
    ],
)
async def test_a_runbook_is_for_nodes_of_its_name_and_since_1_112_of_its_traits(
    cloud, minor, traits, of_node, words
):
    steps = [{**STEP, "order": 1}]
    book = (await cloud.client.post("/v1/runbooks", {"name": "CUSTOM_BOOK", "steps": steps})).json
    await cloud.client.put(f"/v1/runbooks/{book['uuid']}/traits", {"traits": traits})
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], State.MANAGEABLE, traits=frozenset({of_node}))
    body = {"target": "clean", "runbook": "CUSTOM_BOOK"}
    answer = await cloud.client.put(PROVISION, body, **version(minor))
    assert answer.status == (400 if words else 202), answer.content
    assert not words or words in fault(answer)


@pytest.mark.parametrize(
    ("target", "state"), [("clean", State.MANAGEABLE), ("service", State.ACTIVE)]
)
async def test_raw_commands_are_no_steps_unless_the_operator_says_so(cloud, target, state):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], state)
    step = {"interface": "vendor", "step": "send_raw", "args": {"raw_bytes": "0x00 0x01"}}
    refused = await cloud.client.put(PROVISION, {"target": target, f"{target}_steps": [step]})
    assert refused.status == 400
    assert f"disallow_{target}_steps" in fault(refused)
