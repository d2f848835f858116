"""What steps and rules are given is in no file of the database; what was written comes back."""

import uuid

import pytest
from tests.baremetal_room import a_room

from bessemer.baremetal.domain.deploy_template import DeployTemplate, TemplateStep
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule, read_actions
from bessemer.baremetal.domain.provision.work import Flow, StepCall, Work
from bessemer.baremetal.domain.runbook import Runbook, RunbookStep
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.deploy_templates import DEPLOY_TEMPLATES
from bessemer.baremetal.store.inspection_rules import INSPECTION_RULES
from bessemer.baremetal.store.runbooks import RUNBOOKS

SECRET = "hunter2-in-the-clear"
ARGS = {"settings": [{"name": "AdminPhrase", "value": SECRET}]}
"""The key is none that names a secret: everything is sealed."""


@pytest.fixture
async def room(tmp_path):
    async with a_room(tmp_path) as made:
        yield made


def on_disk(directory) -> bytes:
    files = sorted(directory.glob("*.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


async def test_arguments_of_a_runbooks_and_a_templates_steps(room, tmp_path):
    book = Runbook(str(uuid.uuid4()), "CUSTOM_R", (RunbookStep("bios", "apply", 1, ARGS),))
    steps = (TemplateStep("bios", "apply", ARGS, 90),)
    template = DeployTemplate(str(uuid.uuid4()), "CUSTOM_T", steps)
    async with room.database.write() as connection:
        await RUNBOOKS.add(connection, book)
        await DEPLOY_TEMPLATES.add(connection, template)
    async with room.database.read() as connection:
        assert (await RUNBOOKS.get(connection, "CUSTOM_R")).steps == book.steps
        assert (await DEPLOY_TEMPLATES.get(connection, "CUSTOM_T")).steps == steps
    assert SECRET.encode() not in on_disk(tmp_path)


async def test_actions_of_sensitive_inspection_rules(room, tmp_path):
    given = {"op": "set-attribute", "args": {"path": "/driver_info/x", "value": SECRET}}
    actions = read_actions("actions", [given])
    rule = InspectionRule(str(uuid.uuid4()), actions, sensitive=True)
    async with room.database.write() as connection:
        await INSPECTION_RULES.add(connection, rule)
    async with room.database.read() as connection:
        assert await INSPECTION_RULES.get(connection, rule.uuid) == rule
    assert SECRET.encode() not in on_disk(tmp_path)


async def test_arguments_of_the_steps_in_hand(room, tmp_path):
    node = await room.a_node()
    steps = (StepCall("bios", "apply", ARGS), StepCall("deploy", "start"))
    work = Work(node.uuid, Flow.CLEAN, "1", "req-1", steps, steps)
    async with room.database.write() as connection:
        await work_store.replace(connection, work)
    async with room.database.read() as connection:
        assert await work_store.find(connection, node.uuid) == work
        assert await work_store.of_nodes(connection, [node.uuid]) == {node.uuid: work}
    assert SECRET.encode() not in on_disk(tmp_path)
