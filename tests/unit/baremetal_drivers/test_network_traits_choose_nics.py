"""Network traits: the file, its filters, and what they choose."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node, a_port, a_portgroup

from bessemer.baremetal.domain.network_traits.choice import ToBond, Wanted, choose, traits_for
from bessemer.baremetal.domain.network_traits.expression import parse
from bessemer.baremetal.domain.network_traits.trait import traits_of
from bessemer.baremetal.domain.nics import Nic, Nics
from bessemer.baremetal.drivers.neutron.network_traits import read_network_traits
from bessemer.errors import ConfigurationError, Invalid

NODE = a_node()
TENANT = Wanted("tenant", frozenset())
GREEN = a_port(NODE, 1, vendor="green", category="fast", physical_network="physnet1")
RED = a_port(NODE, 2, vendor="red-1.0", pxe_enabled=False)
BOND = a_portgroup(NODE, category="fast")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("port.vendor == 'green'", {"green"}),
        ('port.vendor == "green"', {"green"}),
        ("port.vendor != 'green'", {"red", "bond"}),
        ("port.vendor =~ 'red'", {"red"}),
        ("port.vendor >= 'green'", {"green", "red"}),
        ("port.vendor > 'green'", {"red"}),
        ("port.vendor < 'red'", {"green"}),
        ("port.category <= 'fast'", {"green", "bond"}),
        ("port.is_portgroup", {"bond"}),
        ("port.is_port && network.name == 'tenant'", {"green", "red"}),
        ("network.name != 'tenant'", set()),
        ("port.physical_network == 'physnet1' || port.is_portgroup", {"green", "bond"}),
        ("port.is_portgroup || port.is_port && port.vendor == 'green'", {"green", "bond"}),
        ("(port.is_portgroup || port.is_port) && port.vendor == 'green'", {"green"}),
    ],
)
def test_filters_hold_of_nics_and_bonds(text: str, fits: set[str]) -> None:
    matches = parse(text).matches
    nics: dict[str, Nic] = {"green": GREEN, "red": RED, "bond": BOND}
    assert {name for name, nic in nics.items() if matches(nic, "tenant")} == fits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "port.vendor"),
        ("port.speed == 'x'", "where one of network.name"),
        ("port.vendor", "where one of == !="),
        ("port.vendor == green", "in quotes"),
        ("port.vendor == 'gr een'", "in quotes"),
        ("(port.is_port", "closing bracket"),
        ("port.is_port port.is_port", "or the end"),
        ("(" * 21 + "port.is_port" + ")" * 21, "20 brackets"),
        ("port.is_port || " * 100 + "port.is_port", "1000 characters"),
    ],
)
def test_filters_that_make_no_sense_are_refused_where_they_stop_to(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(text)
    assert words in refusal.value.message


@given(st.text(alphabet="port.vendisu_ =!<>~&|()'\"", max_size=60))
def test_any_text_is_a_filter_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert parse(text).matches(GREEN, "tenant") in (True, False)


def an_action(**changes: Any) -> dict[str, Any]:
    return {"action": "attach_port", "filter": "port.is_port", **changes}


def chosen(*actions: dict[str, Any], nics: Nics | None = None) -> Nic | ToBond | None:
    nics = nics or Nics((GREEN, RED), (BOND,))
    traits = traits_of({"CUSTOM_T": {"actions": list(actions)}})
    return choose(traits, [*nics.portgroups, *nics.ports], nics, TENANT)


def test_each_action_takes_what_it_is_for() -> None:
    assert chosen(an_action()) == GREEN
    assert chosen(an_action(filter="port.vendor =~ 'red'")) == RED
    both = "port.is_port || port.is_portgroup"
    assert chosen(an_action(action="attach_portgroup", filter=both)) == BOND
    assert chosen(an_action(filter="port.is_portgroup")) is None


def test_an_action_that_too_few_match_leaves_it_to_the_next() -> None:
    picky = an_action(filter="port.vendor == 'green'", min_count=2)
    assert chosen(picky) is None
    assert chosen(picky, an_action(filter="port.vendor =~ 'red'")) == RED


def test_a_bond_is_made_of_free_nics_of_one_physical_network() -> None:
    group = an_action(action="group_and_attach_ports", min_count=2, max_count=2)
    assert chosen(group) is None  # two physical networks
    first, last, boots = (a_port(NODE, n, pxe_enabled=n == 5) for n in (3, 4, 5))
    assert chosen(group, nics=Nics((first, last, boots))) == ToBond((boots, first))
    kept = a_port(NODE, 6, available_for_dynamic_portgroup=False)
    member = a_port(NODE, 7, portgroup_uuid=BOND.uuid)
    assert chosen(group, nics=Nics((first, kept, member), (BOND,))) is None


def test_traits_come_in_their_order_and_only_those_of_the_instance() -> None:
    traits = traits_of(
        {
            "CUSTOM_LATE": {"order": 2, "actions": [an_action()]},
            "CUSTOM_SOON": {"order": 1, "actions": [an_action()]},
            "CUSTOM_OTHER": {"actions": [an_action()]},
        }
    )
    node = a_node(instance_info={"traits": ["CUSTOM_LATE", "CUSTOM_SOON", "CUSTOM_UNKNOWN"]})
    assert [trait.name for trait in traits_for(node, traits)] == ["CUSTOM_SOON", "CUSTOM_LATE"]
    assert traits_for(NODE, traits) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- a list", "mapping"),
        ("FAST: {actions: [{action: attach_port, filter: port.is_port}]}", "begin with CUSTOM_"),
        ("CUSTOM_T: {actions: []}", "at least one action"),
        ("CUSTOM_T: {actions: [{action: bond_ports, filter: port.is_port}]}", "attach_portgroup"),
        ("CUSTOM_T: {actions: [{action: attach_port}]}", "needs a filter"),
        ("CUSTOM_T: {actions: [{action: attach_port, filter: nic}]}", "CUSTOM_T: The filter 'nic'"),
        ("CUSTOM_T: {order: -1, actions: [{action: attach_port, filter: port.is_port}]}", "order"),
        (
            "CUSTOM_T: {actions: [{action: attach_port, filter: port.is_port, min_count: 2, "
            "max_count: 1}]}",
            "max_count must be a whole number, 2 or more",
        ),
        ("CUSTOM_T: {actions: [{act: attach_port}]}", "keys action, filter"),
        ("{", "cannot be read"),
    ],
)
def test_a_file_that_makes_no_sense_stops_the_start_in_words(
    tmp_path: Path, content: str, words: str
) -> None:
    file = tmp_path / "traits.yaml"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as refusal:
        read_network_traits(file)
    assert str(file) in refusal.value.message
    assert words in refusal.value.message
