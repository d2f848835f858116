"""Inspection rules on made-up machines: every operator, every action, loops and fields."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.baremetal_task import a_node, a_port

from bessemer.baremetal.domain.inspection_rules.actions import ACTIONS, Case, Line
from bessemer.baremetal.domain.inspection_rules.budget import Budget, RuleFailed
from bessemer.baremetal.domain.inspection_rules.checks import CHECKS
from bessemer.baremetal.domain.inspection_rules.engine import apply_rules
from bessemer.baremetal.domain.inspection_rules.rule import (
    InspectionRule,
    read_actions,
    read_conditions,
)
from bessemer.baremetal.domain.inspection_rules.templates import Names
from bessemer.baremetal.domain.secret import Secret
from bessemer.errors import Invalid

INVENTORY = {
    "cpu": {"count": 8, "architecture": "x86_64"},
    "system_vendor": {"manufacturer": "Dell Inc.", "product_name": "R640"},
    "bmc_address": "192.0.2.7",
    "disks": [{"name": "/dev/sda", "size": 100}, {"name": "/dev/sdb", "size": 200}],
    "empty": [],
    "nothing": None,
    "bmc_password": "swordfish",
}
DATA = {"auto_discovered": True, "seen": ["a"], "off": "no"}
MARK = {"op": "set-attribute", "args": {"path": "/extra/mark", "value": "yes"}}


def a_case(**node):
    made = a_node(
        driver_info={"ipmi_password": Secret("hunter2"), "ipmi_address": "192.0.2.7"}, **node
    )
    return Case(made, (a_port(made, 1), a_port(made, 2)), INVENTORY, DATA)


def a_rule(*actions, conditions=(), **fields):
    return InspectionRule(
        uuid=fields.pop("uuid", "rule-1"),
        actions=read_actions("actions", list(actions)),
        conditions=read_conditions("conditions", list(conditions)),
        **fields,
    )


def after(*actions, **fields):
    case = fields.pop("case", None) or a_case()
    return apply_rules([a_rule(*actions, **fields)], case)


def holds(op, args, **more):
    condition = {"op": op, "args": args, **more}
    return after(MARK, conditions=[condition]).node.extra == {"mark": "yes"}


@pytest.mark.parametrize(
    ("op", "args", "expected"),
    [
        ("eq", {"values": ["{node.driver}", "fake-hardware"]}, True),
        ("eq", {"values": ["{inventory[cpu][count]}", 8]}, True),
        ("eq", {"values": [1, 1, 2]}, False),
        ("eq", {"values": [1]}, True),
        ("eq", {"values": [True, 1]}, False),
        ("eq", {"values": [True, 1], "force_strings": True}, False),
        ("eq", [["a", "a"]], True),
        ("eq", ["a", "b"], False),
        ("ne", {"values": [1, 2]}, True),
        ("lt", {"values": [1, 2, 3]}, True),
        ("lt", {"values": [1, 3, 2]}, False),
        ("lt", {"values": ["9", "10"]}, True),
        ("lt", {"values": ["9", 10], "force_strings": True}, False),
        ("le", {"values": [1, 1]}, True),
        ("gt", {"values": ["{inventory[cpu][count]}", 4]}, True),
        ("gt", {"values": [4, "{inventory[cpu][count]}"]}, False),
        ("ge", {"values": ["b", "a"]}, True),
        ("in-net", {"address": "{inventory[bmc_address]}", "subnet": "192.0.2.0/24"}, True),
        ("in-net", {"address": "198.51.100.1", "subnet": "192.0.2.0/24"}, False),
        ("in-net", {"address": "2001:db8::1", "subnet": "2001:db8::/32"}, True),
        ("matches", {"value": "R640", "regex": "R[0-9]+"}, True),
        ("matches", {"value": "R640x", "regex": "R[0-9]+"}, False),
        ("matches", {"value": "R640", "regex": r"R\d{3}"}, True),
        (
            "contains",
            {"value": "{inventory[system_vendor][manufacturer]}", "regex": "(?i)dell"},
            True,
        ),
        ("contains", {"value": "HPE", "regex": "(?i)dell"}, False),
        ("one-of", {"value": "R640", "values": ["R640", "R740"]}, True),
        ("one-of", {"value": 8, "values": ["{inventory[cpu][count]}"]}, True),
        ("one-of", {"value": "x", "values": ["y"]}, False),
        ("is-empty", {"value": "{inventory[empty]}"}, True),
        ("is-empty", {"value": ""}, True),
        ("is-empty", {"value": {}}, True),
        ("is-empty", {"value": "{inventory[disks]}"}, False),
        ("is-none", {"value": "{inventory[nothing]}"}, True),
        ("is-none", {"value": None}, True),
        ("is-none", {"value": "{inventory[absent]}"}, False),
        ("is-true", {"value": "{plugin_data[auto_discovered]}"}, True),
        ("is-true", {"value": "Yes"}, True),
        ("is-true", {"value": 0}, False),
        ("is-true", {"value": None}, False),
        ("is-false", {"value": "{plugin_data[off]}"}, True),
        ("is-false", {"value": None}, True),
        ("is-false", {"value": 1}, False),
        ("is-false", {"value": True}, False),
    ],
)
def test_conditions_hold_or_not_and_inverted_ones_the_other_way_round(op, args, expected):
    assert holds(op, args) is expected
    assert holds(f"!{op}", args) is not expected
    assert holds(f"! {op}", args) is not expected


def test_every_operator_is_tried_here():
    marks = test_conditions_hold_or_not_and_inverted_ones_the_other_way_round.pytestmark
    assert {case[0] for case in marks[0].args[1]} == set(CHECKS)


@pytest.mark.parametrize(
    ("multiple", "items", "expected"),
    [
        ("any", ["x", "R640"], True),
        ("any", ["x", "y"], False),
        ("all", ["R640", "R640"], True),
        ("all", ["R640", "x"], False),
        ("first", ["R640", "x"], True),
        ("first", ["x", "R640"], False),
        ("last", ["x", "R640"], True),
        ("last", ["R640", "x"], False),
    ],
)
def test_loops_of_conditions_are_taken_together(multiple, items, expected):
    args = {"values": ["{inventory[system_vendor][product_name]}", "{item}"]}
    assert holds("eq", args, loop=items, multiple=multiple) is expected


def test_all_conditions_must_hold():
    yes, no = ({"op": "is-true", "args": {"value": value}} for value in (True, False))
    assert after(MARK, conditions=[yes, yes]).node.extra
    assert not after(MARK, conditions=[yes, no]).node.extra


def test_attributes_are_set_extended_and_deleted():
    made = after(
        {"op": "set-attribute", "args": {"path": "resource_class", "value": "gold"}},
        {"op": "set-attribute", "args": {"path": "/extra/a/b", "value": {"c": "{node.name}"}}},
        {"op": "set-attribute", "args": {"path": "driver_info.ipmi_port", "value": 623}},
        {"op": "extend-attribute", "args": {"path": "/extra/list", "value": "x"}},
        {"op": "extend-attribute", "args": {"path": "/extra/list", "value": "x"}},
        {"op": "extend-attribute", "args": {"path": "/extra/set", "value": 1, "unique": True}},
        {"op": "extend-attribute", "args": {"path": "/extra/set", "value": 1, "unique": True}},
        {"op": "del-attribute", "args": {"path": "/driver_info/ipmi_address"}},
        {"op": "del-attribute", "args": {"path": "/extra/none/such"}},
        {"op": "del-attribute", "args": ["/description"]},
        case=a_case(description="old"),
    ).node
    assert made.resource_class == "gold"
    assert made.extra == {"a": {"b": {"c": "n1"}}, "list": ["x", "x"], "set": [1]}
    assert made.driver_info == {"ipmi_password": Secret("hunter2"), "ipmi_port": 623}
    assert made.description is None


def test_passwords_set_by_rules_are_secrets():
    args = {"path": "/driver_info/ipmi_password", "value": "changed"}
    made = after({"op": "set-attribute", "args": args}).node
    assert made.driver_info["ipmi_password"] == Secret("changed")


def test_traits_and_capabilities():
    case = a_case(traits=frozenset({"CUSTOM_OLD"}), properties={"capabilities": "a:1,b:2"})
    made = after(
        {"op": "add-trait", "args": {"name": "CUSTOM_NEW"}},
        {"op": "remove-trait", "args": {"name": "CUSTOM_OLD"}},
        {"op": "remove-trait", "args": {"name": "CUSTOM_NONE"}},
        {"op": "set-capability", "args": {"name": "c", "value": "{inventory[cpu][count]}"}},
        {"op": "unset-capability", "args": {"name": "a"}},
        case=case,
    ).node
    assert made.traits == {"CUSTOM_NEW"}
    assert made.properties["capabilities"] == "b:2,c:8"


def test_plugin_data_can_be_set_extended_and_unset_and_is_seen_by_what_follows():
    made = after(
        {"op": "set-plugin-data", "args": {"path": "a.b", "value": "1"}},
        {"op": "extend-plugin-data", "args": {"path": "seen", "value": "a", "unique": True}},
        {"op": "extend-plugin-data", "args": {"path": "seen", "value": "{plugin_data[a][b]}"}},
        {"op": "unset-plugin-data", "args": {"path": "off"}},
        {"op": "unset-plugin-data", "args": {"path": "none.such"}},
    )
    assert made.plugin_data == {"auto_discovered": True, "seen": ["a", "1"], "a": {"b": "1"}}


def test_ports_are_found_by_mac_or_uuid():
    case = a_case()
    mac, other = case.ports[0].address, case.ports[1].uuid
    made = after(
        {"op": "set-port-attribute", "args": [mac.upper(), "/physical_network", "net1"]},
        {
            "op": "set-port-attribute",
            "args": {"port_id": other, "path": "pxe_enabled", "value": "false"},
        },
        {
            "op": "extend-port-attribute",
            "args": {"port_id": other, "path": "/extra/a", "value": "{inventory[bmc_address]}"},
        },
        {"op": "del-port-attribute", "args": [mac, "/local_link_connection/switch_info"]},
        case=case,
    ).ports
    assert made[0].physical_network == "net1"
    assert set(made[0].local_link_connection) == {"switch_id", "port_id"}
    assert (made[1].pxe_enabled, made[1].extra) == (False, {"a": ["192.0.2.7"]})


def test_actions_loop_over_items_with_fields_of_their_own():
    loop = [
        {"path": "/driver_info/ipmi_username", "value": "admin"},
        {"path": "/driver_info/redfish_address", "value": "https://{inventory[bmc_address]}"},
    ]
    args = {"path": "{item[path]}", "value": "{item[value]}"}
    info = after({"op": "set-attribute", "args": args, "loop": loop}).node.driver_info
    assert info["ipmi_username"] == "admin"
    assert info["redfish_address"] == "https://192.0.2.7"


def test_what_rules_log_and_call_is_handed_out():
    made = after(
        {"op": "log", "args": {"msg": "found {node.name}", "level": "warning"}},
        {"op": "log", "args": ["plain"]},
        {"op": "api-call", "args": {"url": "http://192.0.2.1/{node.name}", "timeout": 2}},
    )
    assert made.lines == (Line("warning", "found n1"), Line("info", "plain"))
    assert [(call.url, call.timeout_s, call.retries) for call in made.calls] == [
        ("http://192.0.2.1/n1", 2, 3)
    ]


def test_a_failing_rule_is_named_and_a_sensitive_one_keeps_its_words():
    action = {"op": "fail", "args": {"msg": "no disk in {node.name}"}}
    with pytest.raises(RuleFailed, match=r"rule-9 \(disks\) failed: no disk in n1\."):
        after(action, uuid="rule-9", description="disks")
    with pytest.raises(RuleFailed) as failure:
        after(action, sensitive=True)
    assert "no disk" not in failure.value.message


def test_the_highest_priority_comes_first():
    def setting(value, priority):
        action = {"op": "set-attribute", "args": {"path": "/extra/x", "value": value}}
        return a_rule(action, priority=priority)

    made = apply_rules([setting("late", 1), setting("early", 9)], a_case())
    assert made.node.extra == {"x": "late"}


def test_every_action_is_tried_here():
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{op}"' in text for op in ACTIONS)


SET_ITEM = {"op": "set-attribute", "args": {"path": "{item}", "value": "x"}}


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("set-attribute", {"path": "/driver", "value": "ipmi"}),
        ("set-attribute", {"path": "power_interface", "value": "ipmitool"}),
        ("set-attribute", {"path": "/uuid", "value": "x"}),
        ("extend-attribute", {"path": "/traits", "value": "x"}),
        ("del-attribute", {"path": "/none"}),
        ("set-port-attribute", ["52:54:00:00:00:01", "/address", "x"]),
    ],
)
def test_what_no_rule_can_change_is_refused_when_the_rule_is_made(op, args):
    with pytest.raises(Invalid, match=r"actions/0: .*a rule cannot change"):
        read_actions("actions", [{"op": op, "args": args}])


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({**SET_ITEM, "loop": ["provision_state"]}, "cannot"),
        ({**SET_ITEM, "loop": ["/uuid"]}, "cannot"),
        ({**SET_ITEM, "loop": ["__class__"]}, "cannot"),
        ({**SET_ITEM, "loop": ["/driver"]}, "at work while the rules run"),
        ({"op": "set-attribute", "args": {"path": "/extra", "value": "x"}}, "an object"),
        ({"op": "set-attribute", "args": {"path": "/name", "value": "a b"}}, "letters"),
        ({"op": "set-attribute", "args": {"path": "/retired", "value": "perhaps"}}, "true"),
        ({**SET_ITEM, "loop": [""]}, "no path"),
        ({"op": "set-attribute", "args": {"path": "/name/x", "value": "x"}}, "no object"),
        (
            {"op": "extend-attribute", "args": {"path": "/driver_info/ipmi_address", "value": 1}},
            "only a list",
        ),
        ({"op": "set-port-attribute", "args": ["52:54:00:00:00:99", "/extra/a", 1]}, "no port"),
        ({"op": "add-trait", "args": {"name": "lower"}}, "no trait"),
        ({"op": "log", "args": {"msg": "x", "level": "loud"}}, "level"),
        ({"op": "set-capability", "args": {"name": "a,b", "value": "c"}}, "names"),
        ({"op": "api-call", "args": {"url": "file:///etc/passwd"}}, "http"),
        ({"op": "api-call", "args": {"url": "http://x", "timeout": 9999}}, "timeout"),
    ],
)
def test_actions_that_cannot_be_done_fail_in_words(action, words):
    with pytest.raises(RuleFailed, match=words):
        after(action)


@pytest.mark.parametrize(
    "field",
    [
        "{inventory[absent]}",
        "{inventory.cpu}",
        "{node[driver]}",
        "{node}",
        "{item}",
        "{inventory[cpu][count].real}",
        "{node.__class__.__init__.__globals__}",
        "{node.uuid.__class__}",
        "{node.with_internal}",
        "{node.driver!r}",
        "{node.driver:>999999999}",
        "{",
        "}",
        "{}",
        "{0}",
        r"[a-z]{2}{node.driver",
        "{unknown}",
        "{node.driver} and {inventory[absent]}",
    ],
)
def test_fields_that_lead_nowhere_leave_the_text_as_it_is(field):
    case = a_case()
    assert Names(case.node, INVENTORY, DATA).filled(field) == field


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{inventory[disks][1][name]}", "/dev/sdb"),
        ("{node.power_interface}{node.name}", "ipmin1"),
        ("{{x}} {node.name}", "{x} n1"),
        ("{node.driver_info[ipmi_password]}", "******"),
        ("{node.driver_info}", "{'ipmi_password': '******', 'ipmi_address': '192.0.2.7'}"),
        ("{inventory[bmc_password]}", "******"),
    ],
)
def test_fields_are_replaced_but_secrets_stay_hidden(text, filled):
    node = replace(a_case().node, interfaces={"power": "ipmi"})
    assert Names(node, INVENTORY, DATA).filled(text) == filled


def test_a_sensitive_rule_sees_what_the_machine_told_but_not_the_nodes_secrets():
    names = Names(a_case().node, INVENTORY, DATA, sensitive=True)
    assert names.filled("{inventory[bmc_password]}") == "swordfish"
    assert names.filled("{node.driver_info[ipmi_password]}") == "******"


def test_what_a_machine_reports_is_never_read_for_fields():
    case = replace(a_case(), inventory={"serial": "{node.driver_info[ipmi_address]}"})
    args = {"path": "/extra/{item}", "value": "{inventory[serial]}"}
    made = after({"op": "set-attribute", "args": args, "loop": ["s"]}, case=case)
    assert made.node.extra == {"s": "{node.driver_info[ipmi_address]}"}
    looped = {"op": "set-attribute", "args": {**args, "value": "{item}", "path": "/extra/s"}}
    made = after({**looped, "loop": ["{inventory[serial]}"]}, case=case)
    assert made.node.extra == {"s": "{node.driver_info[ipmi_address]}"}


@pytest.mark.parametrize(
    "condition",
    [
        {"op": "none-such", "args": {}},
        {"op": "eq", "args": {}},
        {"op": "eq", "args": {"values": [], "more": 1}},
        {"op": "eq", "args": "text"},
        {"op": "matches", "args": {"value": "x", "regex": "("}},
        {"op": "matches", "args": {"value": "x", "regex": "(?=x)"}},
        {"op": "matches", "args": {"value": "x", "regex": r"(a)\1"}},
        {"op": "matches", "args": {"value": "x", "regex": "x" * 1001}},
        {"op": "is-none", "args": ["a", "b"]},
        {"op": "is-none", "args": {"value": 1}, "loop": "abc"},
        {"op": "is-none", "args": {"value": 1}, "loop": [0] * 1001},
        {"op": "is-none", "args": {"value": 1}, "multiple": "some"},
        {"op": "is-none", "args": {"value": 1}, "field": "x"},
        {"op": 1, "args": {}},
        {"args": {}},
        "text",
    ],
)
def test_conditions_that_make_no_sense_are_refused(condition):
    with pytest.raises(Invalid, match="conditions/0"):
        read_conditions("conditions", [condition])


@pytest.mark.parametrize(
    "actions",
    [
        None,
        [],
        {},
        "fail",
        [{"op": "!fail", "args": {"msg": "x"}}],
        [{"op": "fail", "args": {"msg": "x"}, "multiple": "any"}],
        [{"op": "eq", "args": {"values": []}}],
        [{"op": "fail", "args": {"msg": "x"}}] * 201,
    ],
)
def test_actions_that_make_no_sense_are_refused(actions):
    with pytest.raises(Invalid, match="actions"):
        read_actions("actions", actions)


def test_no_regex_keeps_the_service_busy():
    begun = time.monotonic()
    assert not holds(
        "matches", {"value": "a" * 100_000 + "!", "regex": "(a+)+(a|aa)*(.*)(.*)(.*)x"}
    )
    assert time.monotonic() - begun < 5


def test_rules_come_to_an_end_however_many_they_are():
    loop = list(range(1000))
    action = {"op": "set-attribute", "args": {"path": "/extra/x", "value": "{item}"}, "loop": loop}
    with pytest.raises(RuleFailed, match="operations"):
        after(*[action] * 20)
    with pytest.raises(RuleFailed, match="characters"):
        Names(a_node(), {"big": "x" * 100}, {}, budget=Budget(characters=150)).filled(
            ["{inventory[big]}"] * 2
        )
