"""Inspection rules in the inspect interface agent: what they change is kept, once."""

import json

import pytest
from aiohttp import web
from tests.baremetal_task import MemoryTask, a_node
from tests.unit.baremetal_agent.test_inspection_believes_nothing_without_bounds import a_report

from bessemer.baremetal.domain.inspection_rules.rule import (
    InspectionRule,
    read_actions,
    read_conditions,
)
from bessemer.baremetal.domain.provision.work import Done, Failed, Flow, StepCall
from bessemer.baremetal.drivers.agent.inspect import AgentInspect
from bessemer.baremetal.drivers.fake.inspect import FakeInspect
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import ConfigurationError

MAC = "52:54:00:00:00:01"
ACTIONS = [
    {"op": "extend-attribute", "args": {"path": "/extra/inspected", "value": "once"}},
    {"op": "add-trait", "args": {"name": "CUSTOM_SMALL"}},
    {"op": "extend-port-attribute", "args": [MAC, "/extra/seen", "{inventory[cpu][count]}"]},
    {"op": "set-plugin-data", "args": {"path": "rack", "value": "r1"}},
]
SMALL = [{"op": "lt", "args": {"values": ["{node.properties[cpus]}", 8]}}]


def a_rule(actions=ACTIONS, conditions=SMALL) -> InspectionRule:
    return InspectionRule(
        "rule-1", read_actions("actions", actions), read_conditions("conditions", conditions)
    )


def a_task(*rules):
    task = MemoryTask(a_node(), posted=a_report(), rules=rules)
    task.work = task.work_for(StepCall("inspect", "process_data"), flow=Flow.INSPECT)
    return task


def an_interface(**settings):
    return AgentInspect(BareMetalSettings(**settings))


def is_as_ruled(task) -> bool:
    return (
        task.node.extra == {"inspected": ["once"]}
        and task.node.traits == {"CUSTOM_SMALL"}
        and [port.extra for port in task.ports] == [{"seen": ["4"]}]
        and task.plugin_data["rack"] == "r1"
    )


async def test_rules_see_what_was_found_and_change_node_ports_and_data():
    task = a_task(a_rule())
    assert isinstance(await an_interface().process_data(task), Done)
    assert is_as_ruled(task)


async def test_rules_whose_conditions_do_not_hold_change_nothing():
    big = [{"op": "gt", "args": {"values": ["{node.properties[cpus]}", 8]}}]
    task = a_task(a_rule(conditions=big))
    assert isinstance(await an_interface().process_data(task), Done)
    assert (task.node.extra, task.node.traits) == ({}, frozenset())


async def test_rules_are_applied_to_fake_machines_as_well_and_once_only():
    extend = {"op": "extend-attribute", "args": {"path": "/extra/inspected", "value": "once"}}
    named = {"op": "set-attribute", "args": {"path": "/name", "value": "{inventory[fake][rack]}"}}
    small = [{"op": "lt", "args": {"values": ["{node.properties[cpus]}", 8]}}]
    node = a_node(driver_info={"fake_properties": {"cpus": 4, "rack": "r1"}})
    task = MemoryTask(node, rules=(a_rule([extend, named], small),))
    task.work = task.work_for(StepCall("inspect", "process_data"), flow=Flow.INSPECT)
    fake = FakeInspect(BareMetalSettings())
    for _ in range(2):
        assert isinstance(await fake.process_data(task), Done)
    assert task.node.extra == {"inspected": ["once"]}
    assert task.node.name == "r1"
    assert task.node.properties == {"cpus": 4, "rack": "r1"}


async def test_a_rule_can_fail_the_inspection_of_a_fake_machine():
    task = a_task(a_rule([{"op": "fail", "args": {"msg": "too fake"}}], []))
    outcome = await FakeInspect(BareMetalSettings()).process_data(task)
    assert isinstance(outcome, Failed)
    assert "rule-1 failed: too fake" in outcome.reason
    assert task.node.properties == {}


@pytest.mark.parametrize("where", ["save_inventory", "note", "save_port", "save"])
async def test_killed_anywhere_and_run_again_it_leaves_the_same(where):
    task = a_task(a_rule())
    if where != "save_port":
        task.raises_on[where] = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            await an_interface().process_data(task)
    for _ in range(2):
        assert isinstance(await an_interface().process_data(task), Done)
    assert is_as_ruled(task)


async def test_a_failing_rule_fails_the_inspection_by_name_and_changes_nothing():
    failing = a_rule([ACTIONS[0], {"op": "fail", "args": {"msg": "too small"}}])
    task = a_task(failing)
    outcome = await an_interface().process_data(task)
    assert isinstance(outcome, Failed)
    assert "rule-1 failed: too small" in outcome.reason
    assert "openstack baremetal node inspect n1" in outcome.reason
    assert (task.node.extra, task.node.properties, task.ports) == ({}, {}, ())
    assert task.inventory["cpu"]["count"] == 4


async def test_rules_come_from_a_file_as_well(tmp_path):
    file = tmp_path / "rules.yaml"
    rule = {"conditions": SMALL, "actions": ACTIONS, "priority": -5, "description": "small"}
    file.write_text(json.dumps([rule]))
    task = a_task()
    interface = an_interface(inspection_rules_file=str(file))
    assert isinstance(await interface.process_data(task), Done)
    assert is_as_ruled(task)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{}", "a list of rules"),
        ("[", "cannot be read"),
        ('[{"actions": []}]', "rule 1: actions"),
        ('[{"actions": [{"op": "fail", "args": {"msg": "x"}}], "color": 1}]', "rule 1 must be"),
        ('[{"actions": [{"op": "fail", "args": {"msg": "x"}}], "phase": "x"}]', "phase"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_at_the_start(tmp_path, written, words):
    file = tmp_path / "rules.yaml"
    if written is not None:
        file.write_text(written)
    with pytest.raises(ConfigurationError, match=words) as error:
        an_interface(inspection_rules_file=str(file))
    assert "baremetal.inspection_rules_file" in error.value.message


async def test_calls_need_the_setting():
    task = a_task(a_rule([{"op": "api-call", "args": {"url": "http://192.0.2.1/"}}], []))
    outcome = await an_interface().process_data(task)
    assert isinstance(outcome, Failed)
    assert "inspection_rule_api_calls" in outcome.reason


async def test_calls_are_made_and_tried_again():
    asked = []

    async def answer(request):
        asked.append((request.path, request.headers["X-Rack"]))
        return web.Response(status=503 if len(asked) == 1 else 200)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    args = {
        "url": f"http://127.0.0.1:{port}/{{node.name}}",
        "headers": {"X-Rack": "r1"},
        "backoff_factor": 0,
    }
    task = a_task(a_rule([{"op": "api-call", "args": args}], []))
    try:
        refusing = an_interface(inspection_rule_api_calls=True)
        refused = await refusing.process_data(task)
        assert isinstance(refused, Failed)
        assert "baremetal.fetch_allow" in refused.reason
        interface = an_interface(inspection_rule_api_calls=True, fetch_allow=("127.0.0.1",))
        assert isinstance(await interface.process_data(task), Done)
    finally:
        await runner.cleanup()
    assert asked == [("/n1", "r1"), ("/n1", "r1")]
