"""From clean.get_clean_steps to the plan of automatic cleaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node, a_port

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.clean_steps import clean_plan
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.errors import Invalid


def a_step(name, priority, **more):
    return {"step": name, "priority": priority, "interface": "deploy", **more}


def test_the_highest_priority_runs_first_and_priority_0_only_on_request():
    plan = clean_plan(
        {
            "Generic": [a_step("erase_devices", 10, abortable=True), a_step("burnin_cpu", 0)],
            "Vendor": [a_step("erase_devices_metadata", 99)],
        }
    )
    assert plan == (
        StepCall("deploy", "erase_devices_metadata", {}, 99, abortable=False),
        StepCall("deploy", "erase_devices", {}, 10, abortable=True),
    )


def test_a_step_that_two_managers_offer_runs_once_at_its_higher_priority():
    plan = clean_plan({"a": [a_step("erase", 10)], "b": [a_step("erase", 20)]})
    assert [(call.name, call.priority) for call in plan] == [("erase", 20)]


def test_a_step_that_wants_a_reboot_is_followed_by_one():
    plan = clean_plan({"a": [a_step("flash", 50, reboot_requested=True), a_step("erase", 10)]})
    assert [str(call) for call in plan] == [
        "deploy.flash",
        "power.power_off",
        "boot.prepare_ramdisk",
        "management.boot_from_network",
        "power.power_on",
        "deploy.wait_for_ramdisk",
        "deploy.erase",
    ]


@pytest.mark.parametrize(
    "offered",
    [
        None,
        [],
        {"a": None},
        {"a": [7]},
        {"a": [{"priority": 1}]},
        {"a": [a_step("erase", "high")]},
        {"a": [a_step("erase", True)]},
        {"a": [a_step("rm -rf", 1)]},
        {"a": [a_step("e", 1)] * 201},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(offered):
    with pytest.raises(Invalid, match="get_clean_steps"):
        clean_plan(offered)


@given(st.dictionaries(st.text(max_size=5), st.lists(st.integers(-5, 5) | st.none(), max_size=4)))
def test_no_answer_makes_anything_but_a_plan_or_a_refusal(priorities):
    offered = {
        manager: [a_step(f"step_{n}", priority) for n, priority in enumerate(each)]
        for manager, each in priorities.items()
    }
    try:
        plan = clean_plan(offered)
    except Invalid:
        return
    assert [call.priority for call in plan] == sorted((c.priority for c in plan), reverse=True)
    assert all(call.priority > 0 for call in plan)


def test_the_agent_learns_of_the_node_what_it_needs_and_no_secret():
    node = a_node(
        driver_info={
            "ipmi_address": "10.0.0.1",
            "ipmi_password": Secret("calvin"),
            "agent_burnin_cpu_timeout": 5,
        },
        driver_internal_info={
            "agent_secret_token": Secret("t"),
            "agent_url": "https://x",
            "agent_verify_ca": "PEM",
            "agent_erase_devices_iterations": 2,
            "boot_config": {"kernel": "/srv/k"},
        },
        instance_info={"image_url": "http://h/?sig=1", "root_device": {"name": "/dev/sda"}},
        properties={"root_device": {"size": ">= 10"}},
    )
    view = node_and_ports(node, (a_port(node),))
    assert view["node"]["driver_info"] == {"agent_burnin_cpu_timeout": 5}
    assert view["node"]["driver_internal_info"] == {
        "agent_url": "https://x",
        "agent_erase_devices_iterations": 2,
    }
    assert view["node"]["instance_info"] == {"root_device": {"name": "/dev/sda"}}
    assert view["node"]["properties"] == {"root_device": {"size": ">= 10"}}
    assert view["ports"][0]["address"] == "52:54:00:00:00:01"
