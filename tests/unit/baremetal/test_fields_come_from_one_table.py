"""The tables of fields: every question about a field and a microversion has one answer."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.api import node_documents
from bessemer.baremetal.api.fields import Write
from bessemer.baremetal.api.json_patch import Operation
from bessemer.baremetal.api.node_fields import NODE, step_in_hand
from bessemer.baremetal.api.port_fields import PORT, local_link_connection
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Flow, StepCall, Work
from bessemer.baremetal.domain.secret import MASK, Secret, masked
from bessemer.baremetal.operations.show_nodes import NodeFacts
from bessemer.baremetal.store.paging import Order
from bessemer.baremetal.store.tables import nodes, ports
from bessemer.context import new_request_id
from bessemer.errors import Invalid, NotAcceptable

TABLES = [NODE, PORT]
SINCE = {
    "name": 5,
    "driver_internal_info": 3,
    "clean_step": 7,
    "network_interface": 20,
    "resource_class": 21,
    "power_interface": 31,
    "storage_interface": 33,
    "traits": 37,
    "rescue_interface": 38,
    "fault": 42,
    "deploy_step": 44,
    "conductor_group": 46,
    "automated_clean": 47,
    "protected": 48,
    "conductor": 49,
    "owner": 50,
    "description": 51,
    "retired": 61,
    "lessee": 65,
    "boot_mode": 75,
    "firmware_interface": 86,
    "health": 109,
}
"""Microversions of the published API, kept apart from the table on purpose."""


@pytest.mark.parametrize(("name", "since"), SINCE.items())
def test_a_field_appears_in_its_version_everywhere_at_once(name, since):
    assert name not in NODE.names(since - 1)
    assert name in NODE.names(since)
    with pytest.raises(NotAcceptable, match=rf"1\.{since}"):
        NODE.chosen([name], since - 1)
    assert name in NODE.chosen([name], since)


@given(st.sampled_from(TABLES), st.integers(1, 115))
def test_a_body_may_hold_exactly_the_fields_that_its_version_has(table, minor):
    shown = set(table.names(minor))
    for name, field in table._fields.items():
        if Write.PATCH not in field.write:
            continue
        operation = [Operation("remove", (name,))]
        if name in shown:
            table.check_patch(operation, minor)
        else:
            with pytest.raises(NotAcceptable):
                table.check_patch(operation, minor)


@pytest.mark.parametrize("table", TABLES)
def test_sorting_is_possible_by_what_sql_knows_only(table):
    rows = nodes if table is NODE else ports
    for name, field in table._fields.items():
        if field.column is not None:
            assert rows.name in str(Order(rows, table.sort_column(name, 115)).key)
        else:
            with pytest.raises(Invalid, match="sort"):
                table.sort_column(name, 115)


def test_every_patch_root_of_a_node_is_in_its_document():
    document = node_documents.document(Node(uuid="u", driver="d"))
    roots = {name for name, field in NODE._fields.items() if Write.PATCH in field.write}
    assert roots == set(document)


def test_every_attribute_of_a_node_is_shown_or_kept_back_on_purpose():
    kept_back = {"interfaces", "intent"}
    shown = set(NODE.names(115))
    assert {each.name for each in fields(Node)} - kept_back <= shown


@pytest.mark.parametrize("name", ["uuid", "links", "created_at", "provision_state", "reservation"])
def test_what_the_server_decides_cannot_be_patched(name):
    with pytest.raises(Invalid, match="cannot be changed"):
        NODE.check_patch([Operation("replace", (name,), 1)], 115)


def test_unknown_fields_are_refused_wherever_they_are_named():
    with pytest.raises(Invalid):
        NODE.chosen(["speed"], 115)
    with pytest.raises(Invalid):
        NODE.checked_body({"driver": "x", "speed": 1}, 115)
    with pytest.raises(Invalid):
        NODE.check_patch([Operation("add", ("speed",), 1)], 115)


secret_trees = st.recursive(
    st.text(max_size=4) | st.integers() | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "ipmi_password", "x_token", "b"]), inner)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["address", "ipmi_password", "redfish_token", "n"]), secret_trees
    )
)
def test_a_node_sent_back_as_it_was_shown_stays_as_it_was(info):
    node = node_documents.with_changes(Node(uuid="u", driver="d"), {"driver_info": info}, 115)
    shown = masked(node.driver_info)
    again = node_documents.with_changes(node, {"driver_info": shown}, 115)
    assert again == node


@given(st.dictionaries(st.sampled_from(["address", "ipmi_password", "b"]), secret_trees))
def test_nothing_below_a_secret_key_is_shown(info):
    marked = {**info, "ipmi_password": {"deep": ["hush-1", {"x": "hush-2"}], "pin": 4711}}
    node = node_documents.with_changes(Node(uuid="u", driver="d"), {"driver_info": marked}, 115)
    shown = str(NODE.render(NodeFacts(node), 115, NODE.names(115)))
    assert "hush" not in shown
    assert "4711" not in shown
    assert "hush" not in repr(node)


def test_asterisks_for_a_secret_that_is_not_stored_are_refused():
    with pytest.raises(Invalid, match="none is stored"):
        node_documents.new_node({"driver": "d", "driver_info": {"ipmi_password": MASK}}, 115)


def test_a_password_of_digits_is_kept_as_text():
    node = node_documents.new_node({"driver": "d", "driver_info": {"ipmi_password": 1234}}, 115)
    assert node.driver_info["ipmi_password"] == Secret("1234")


@pytest.mark.parametrize(
    ("name", "minor", "fits"),
    [
        ("rack1.host-2", 5, True),
        ("under_score", 9, False),
        ("under_score", 10, True),
        ("til~de", 10, True),
        ("-dash", 9, False),
        ("maintenance", 115, False),
        ("detail", 115, False),
        ("a b", 115, False),
        ("a/b", 115, False),
        ("näme", 115, False),
        ("", 115, False),
        ("8a2d7bb0-52a5-4d36-bd86-4d1b1fba7b1c", 115, False),
        ("name\n", 115, False),
    ],
)
def test_names(name, minor, fits):
    if fits:
        node_documents.check_name(name, minor)
    else:
        with pytest.raises(Invalid):
            node_documents.check_name(name, minor)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {}),
        ({"switch_id": "0A:0b:00:00:00:01", "port_id": "e1"}, "0a:0b:00:00:00:01"),
        ({"switch_id": "0A0B.0000.0001", "port_id": "e1"}, "0a:0b:00:00:00:01"),
        (
            {"switch_id": "00004e9c4d0a2b3c", "port_id": "e1", "switch_info": "tor"},
            "00004e9c4d0a2b3c",
        ),
        ({"network_type": "unmanaged"}, {"network_type": "unmanaged"}),
        ({"port_id": "rep0", "hostname": "h"}, {"port_id": "rep0", "hostname": "h"}),
    ],
)
def test_cabling_is_kept_in_one_spelling(given, kept):
    link = local_link_connection("local_link_connection", given)
    assert (link if isinstance(kept, dict) else link["switch_id"]) == kept


@pytest.mark.parametrize(
    "given",
    [
        {"switch_id": "0a:00:00:00:00:01"},
        {"port_id": "e1"},
        {"switch_id": "tor-1", "port_id": "e1"},
        {"switch_id": "0a:00:00:00:00:01", "port_id": 1},
        {"switch_id": "0a:00:00:00:00:01", "port_id": "e1", "colour": "red"},
        {"network_type": "managed"},
        [],
        "tor",
    ],
)
def test_cabling_that_leads_nowhere_is_refused(given):
    with pytest.raises(Invalid):
        local_link_connection("local_link_connection", given)


def test_the_step_in_hand_shows_no_secrets_among_its_arguments():
    step = StepCall("deploy", "write_image", {"auth": {"password": "hush"}, "size": 1})
    work = Work("u", Flow.DEPLOY, "i", new_request_id(), (step,))
    assert step_in_hand(work)["args"] == {"auth": {"password": MASK}, "size": 1}
