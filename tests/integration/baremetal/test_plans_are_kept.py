"""Deploy templates and runbooks in a real database."""

import uuid
from datetime import timedelta

import pytest
from tests.baremetal_room import a_room

from bessemer.baremetal.conductor.task import NodeTask
from bessemer.baremetal.domain.deploy_template import DeployTemplate, TemplateStep
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule, read_actions
from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.domain.provision.work import Flow, Work
from bessemer.baremetal.domain.runbook import Runbook, RunbookStep
from bessemer.baremetal.store import leases, runbooks
from bessemer.baremetal.store.deploy_templates import DEPLOY_TEMPLATES, find_by_names
from bessemer.baremetal.store.inspection_rules import INSPECTION_RULES
from bessemer.baremetal.store.runbooks import RUNBOOKS, seen_by
from bessemer.clock import now
from bessemer.errors import Conflict, NotFound


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


def a_template(name: str) -> DeployTemplate:
    steps = (TemplateStep("raid", "apply_configuration", {"raid_config": {"a": [1]}}, 90),)
    return DeployTemplate(str(uuid.uuid4()), name, steps, "for tests", {"a": 1})


def a_runbook(name: str, **fields) -> Runbook:
    steps = (RunbookStep("bios", "reset", 2), RunbookStep("deploy", "erase", 1, {"a": "b"}))
    return Runbook(str(uuid.uuid4()), name, steps, **fields)


async def test_templates_are_found_by_the_traits_that_are_asked_for(room):
    async with room.database.write() as connection:
        first = await DEPLOY_TEMPLATES.add(connection, a_template("CUSTOM_A"))
        second = await DEPLOY_TEMPLATES.add(connection, a_template("CUSTOM_B"))
        await DEPLOY_TEMPLATES.add(connection, a_template("CUSTOM_C"))
        found = await find_by_names(connection, {"CUSTOM_B", "CUSTOM_A", "CUSTOM_NONE"})
        assert found == (first, second)
        assert found[0].steps[0].args == {"raid_config": {"a": [1]}}
        assert await find_by_names(connection, ()) == ()


async def test_a_runbook_is_got_by_uuid_and_by_name(room):
    async with room.database.write() as connection:
        kept = await RUNBOOKS.add(
            connection, a_runbook("CUSTOM_R", public=True, traits=frozenset({"CUSTOM_X"}))
        )
        assert await runbooks.get(connection, "CUSTOM_R") == kept
        assert await runbooks.get(connection, kept.uuid) == kept
        assert [step.step for step in kept.in_order] == ["erase", "reset"]
        with pytest.raises(NotFound, match="CUSTOM_NONE"):
            await runbooks.get(connection, "CUSTOM_NONE")


async def test_a_project_sees_public_runbooks_and_its_own(room):
    async with room.database.write() as connection:
        for name, fields in (
            ("CUSTOM_ALL", {"public": True}),
            ("CUSTOM_MINE", {"owner": "me"}),
            ("CUSTOM_THEIRS", {"owner": "them"}),
            ("CUSTOM_NOBODYS", {}),
        ):
            await RUNBOOKS.add(connection, a_runbook(name, **fields))

        async def seen(project: str | None) -> list[str]:
            return [each.name for each in await RUNBOOKS.list(connection, [seen_by(project)])]

        assert await seen("me") == ["CUSTOM_ALL", "CUSTOM_MINE"]
        assert await seen(None) == ["CUSTOM_ALL"]
        with pytest.raises(NotFound):
            await runbooks.get(connection, "CUSTOM_THEIRS", [seen_by("me")])


async def test_a_name_is_taken_once(room):
    async with room.database.write() as connection:
        await RUNBOOKS.add(connection, a_runbook("CUSTOM_R"))
    with pytest.raises(Conflict, match="name CUSTOM_R"):
        async with room.database.write() as connection:
            await RUNBOOKS.add(connection, a_runbook("CUSTOM_R"))


def test_a_runbook_fits_nodes_of_its_traits_else_of_its_name():
    assert a_runbook("CUSTOM_R").fits({"CUSTOM_R", "CUSTOM_Y"})
    assert not a_runbook("CUSTOM_R").fits({"CUSTOM_Y"})
    with_traits = a_runbook("CUSTOM_R", traits=frozenset({"CUSTOM_X", "CUSTOM_Y"}))
    assert with_traits.fits({"CUSTOM_Y"})
    assert not with_traits.fits({"CUSTOM_R"})


async def test_a_task_hands_out_the_rules_of_its_phase(room):
    node = await room.a_node()
    actions = read_actions("actions", [{"op": "log", "args": {"msg": "x"}, "loop": [1]}])
    rule = InspectionRule(str(uuid.uuid4()), actions, sensitive=True, priority=3)
    async with room.database.write() as connection:
        kept = await INSPECTION_RULES.add(connection, rule)
        span = Span(now(), timedelta(minutes=1))
        lease = await leases.take(connection, node.uuid, "me:1", "test", span)
    work = Work(node.uuid, Flow.INSPECT, "1", "req-1", (), ())
    interfaces = room.desk.registry.interfaces_of(node)
    task = NodeTask(room.desk.shelves, lease, interfaces, (node, (), work))
    assert await task.inspection_rules("main") == [kept] == [rule]
    assert await task.inspection_rules("other") == []
