"""What an agent lists as its steps becomes offers, or a refusal in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node, a_port

from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.offered_steps import offered_steps
from bessemer.errors import Invalid


def a_step(name, priority, **more):
    return {"step": name, "priority": priority, "interface": "deploy", **more}


def test_an_offer_says_what_a_step_is_and_takes():
    steps = offered_steps(
        "clean",
        {
            "Generic": [a_step("erase_devices", 10, abortable=True), a_step("burnin_cpu", 0)],
            "Vendor": [
                a_step("flash", 99, reboot_requested=True, argsinfo={"url": {"required": True}})
            ],
        },
    )
    assert steps == (
        OfferedStep("deploy", "flash", 99, reboot=True, arguments={"url": True}),
        OfferedStep("deploy", "erase_devices", 10, abortable=True),
        OfferedStep("deploy", "burnin_cpu", 0),
    )


def test_a_step_that_two_managers_offer_counts_once_at_its_higher_priority():
    steps = offered_steps("clean", {"a": [a_step("erase", 10)], "b": [a_step("erase", 20)]})
    assert [(each.name, each.priority) for each in steps] == [("erase", 20)]


def test_an_interface_that_is_none_becomes_deploy():
    (step,) = offered_steps("clean", {"a": [{**a_step("erase", 10), "interface": "toaster"}]})
    assert step.interface == "deploy"


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
        offered_steps("clean", offered)


@given(st.dictionaries(st.text(max_size=5), st.lists(st.integers(-5, 5) | st.none(), max_size=4)))
def test_no_answer_makes_anything_but_offers_or_a_refusal(priorities):
    offered = {
        manager: [a_step(f"step_{n}", priority) for n, priority in enumerate(each)]
        for manager, each in priorities.items()
    }
    try:
        steps = offered_steps("clean", offered)
    except Invalid:
        return
    assert [each.priority for each in steps] == sorted((s.priority for s in steps), reverse=True)
    assert len({str(each) for each in steps}) == len(steps)


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
