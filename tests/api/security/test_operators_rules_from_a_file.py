"""A policy file in place of rules of the table: who then passes, and which files refuse the start."""

from dataclasses import replace

import pytest
from tests.api.baremetal.cloud import fault
from tests.api.security.personas import PERSONAS, authenticate
from tests.asgi import AsgiClient
from typer.testing import CliRunner

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.baremetal.api.policies import Policies
from bessemer.baremetal.api.policy_file import Asker
from bessemer.baremetal.api.ramdisk import ramdisk_service
from bessemer.cli.main import app as command_line
from bessemer.errors import ConfigurationError
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

GET, POWER = "baremetal:node:get", "baremetal:node:set_power_state"


def policies(directory, text: str) -> Policies:
    file = directory / "policy.yaml"
    file.write_text(text)
    return Policies(file)


def passes(found: Policies, rule: str, persona: str, owner=None, lessee=None) -> bool:
    return found.allows(rule, Asker(PERSONAS[persona], owner, lessee))


@pytest.mark.parametrize(
    ("expression", "persona", "expected"),
    [
        ("@", "stranger observer", True),
        ("!", "system admin", False),
        ("role:observer", "stranger observer", True),
        ("role:observer", "stranger admin", False),
        ("role:member", "stranger admin", True),
        ("role:admin and system_scope:all", "system admin", True),
        ("role:admin and system_scope:all", "owner admin", False),
        ("role:reader and project_id:%(node.owner)s", "owner reader", True),
        ("role:reader and project_id:%(node.owner)s", "lessee reader", False),
        ("project_id:%(node.lessee)s", "lessee observer", True),
        ("! or role:observer and @", "stranger observer", True),
        ("(@ or @) and !", "system admin", False),
        ("rule:baremetal:node:vendor_passthru", "system admin", True),
        ("rule:baremetal:node:vendor_passthru", "owner admin", False),
    ],
)
def test_an_expression_says_who_passes(tmp_path, expression, persona, expected):
    found = policies(tmp_path, f'"{POWER}": "{expression}"')
    assert passes(found, POWER, persona, "project-owner", "project-lessee") is expected


def test_other_rules_stay_as_they_are(tmp_path):
    found = policies(tmp_path, f'"{POWER}": "!"')
    assert passes(found, GET, "owner reader", "project-owner")
    assert not passes(found, GET, "stranger reader", "project-owner")


def test_a_thing_of_nobodys_belongs_to_no_project(tmp_path):
    found = policies(tmp_path, f'"{POWER}": "project_id:%(owner)s"')
    assert not found.allows(POWER, Asker(PERSONAS["system admin"]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("baremetal:node:gte: '@'", "Did you mean baremetal:node:get?"),
        ("wholly:else: '@'", "`bessemer policy` lists all rules"),
        (f"{POWER}: 'rule:nothing'", "there is no rule nothing"),
        (f"{POWER}: ''", "ends too early"),
        (f"{POWER}: 'role:a or'", "ends too early"),
        (f"{POWER}: '(role:a'", "a bracket is not closed"),
        (f"{POWER}: 'role:a role:b'", "'role:b' comes where"),
        (f"{POWER}: 'not role:a'", "'not role:a' is not understood"),
        (f"{POWER}: 'import os; os.abort()'", "is not understood"),
        (f"{POWER}: 'system_scope:none'", "system_scope:none is not understood"),
        (f"{POWER}: 'project_id:%(node.name)s'", "is not understood"),
        (f"{POWER}: 7", "'7' is no text"),
        (f"{POWER}: '{'(' * 2000}'", "is out of place"),
        (f"{POWER}: 'rule:{GET}'\n{GET}: 'rule:{POWER}'", "leads back to itself"),
        ("[1]", "must hold an object"),
        ("{", "cannot be read"),
    ],
)
def test_a_file_that_makes_no_sense_refuses_the_start_by_name(tmp_path, text, words):
    with pytest.raises(ConfigurationError) as refused:
        policies(tmp_path, text)
    assert words in refused.value.message
    assert refused.value.message.startswith(f"baremetal.policy_file: {tmp_path}/policy.yaml")


async def test_the_api_goes_by_the_file(tenancy, tmp_path):
    desk = tenancy.cloud.desk
    own = f'"{POWER}": "!"\n"baremetal:node:get:driver_info": "role:admin and system_scope:all"\n'
    (tmp_path / "policy.yaml").write_text(own)
    settings = desk.settings.model_copy(update={"policy_file": tmp_path / "policy.yaml"})
    services = baremetal_services(replace(desk, settings=settings))
    app = application(services, authenticate)
    path = f"/v1/nodes/{tenancy.node}"
    await tenancy.patch("system admin", path, ("/driver_info", {"fake_rack": "r1"}))
    built_in = tenancy.by("owner admin")
    client = AsgiClient(app, dict(built_in.headers))
    shown = [(await each.get(path)).json["driver_info"] for each in (built_in, client)]
    assert shown[0] == {"fake_rack": "r1"}
    assert shown[1] != shown[0]
    refused = await client.put(f"{path}/states/power", {"target": "power off"})
    assert refused.status == 403
    assert f"Policy {POWER} does not permit this: it is for !." in fault(refused)


async def test_the_threshold_decides_whether_the_finer_rules_are_asked(tenancy, tmp_path):
    desk = tenancy.cloud.desk
    own = '"baremetal:node:get:filter_threshold": "role:reader"\n'
    (tmp_path / "policy.yaml").write_text(own)
    settings = desk.settings.model_copy(update={"policy_file": tmp_path / "policy.yaml"})
    app = application(baremetal_services(replace(desk, settings=settings)), authenticate)
    path = f"/v1/nodes/{tenancy.node}"
    await tenancy.patch("system admin", path, ("/driver_info", {"fake_rack": "r1"}))
    built_in = tenancy.by("lessee reader")
    client = AsgiClient(app, dict(built_in.headers))
    shown = [(await each.get(path)).json["driver_info"] for each in (built_in, client)]
    assert "Redacted" in shown[0]["content"]
    assert shown[1] == {"fake_rack": "r1"}


@pytest.mark.parametrize(
    ("rule", "method", "path", "body"),
    [
        ("driver:ipa_lookup", "GET", "/v1/lookup?addresses=52:54:00:00:00:01", None),
        (
            "node:ipa_heartbeat",
            "POST",
            "/v1/heartbeat/rented",
            {"callback_url": "https://10.0.0.1"},
        ),
        ("driver:ipa_continue_inspection", "POST", "/v1/continue_inspection", {"inventory": {}}),
    ],
)
async def test_what_ramdisks_ask_can_be_closed(tenancy, tmp_path, rule, method, path, body):
    desk = tenancy.cloud.desk
    (tmp_path / "policy.yaml").write_text(f'"baremetal:{rule}": "!"')
    settings = desk.settings.model_copy(update={"policy_file": tmp_path / "policy.yaml"})
    closed = application([ramdisk_service(replace(desk, settings=settings))], noauth())
    refused = await AsgiClient(closed, tenancy.cloud.ramdisk.headers).request(method, path, body)
    assert (refused.status, f"Policy baremetal:{rule}" in fault(refused)) == (403, True)
    assert (await tenancy.cloud.ramdisk.request(method, path, body)).status not in {401, 403}


def test_the_command_lists_the_rules_in_force(tmp_path, monkeypatch):
    (tmp_path / "policy.yaml").write_text(f'"{POWER}": "role:admin"')
    config = tmp_path / "bessemer.toml"
    config.write_text(f'[baremetal]\npolicy_file = "{tmp_path}/policy.yaml"\n')
    shown = CliRunner().invoke(command_line, ["policy", "--config", str(config)])
    assert shown.exit_code == 0
    lines = {line.split()[0]: line for line in shown.output.splitlines()}
    assert lines[POWER].endswith(f"role:admin   (from {tmp_path}/policy.yaml)")
    assert "system admin" in lines["baremetal:node:create"]
    (tmp_path / "policy.yaml").write_text("nonsense: '@'")
    refused = CliRunner().invoke(command_line, ["policy", "--config", str(config)])
    assert refused.exit_code == 2
    assert "there is no rule nonsense" in refused.output
