"""Filters, and the words in which they tell why nobody will do."""

from dataclasses import replace

import pytest
from tests.unit.compute.servers import a_view

from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.scheduler.requirements import normalised_class, requirements_of
from bessemer.compute.scheduler.select import select


def flavor(**specs: str) -> Flavor:
    return Flavor("1", "f", 1, 1, 1, extra_specs=specs)


def selection(*nodes, specs=None, image=None, **wanted):
    needs = requirements_of(Flavor("1", "f", 1, 1, 1, extra_specs=specs or {}), image or {})
    return select(nodes, replace(needs, **wanted), "seed")


def accepted(specs=None, image=None, **fields):
    return bool(selection(a_view(**fields), specs=specs, image=image).candidates)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"provision_state": "active"}, "is not available (active)"),
        ({"power_state": None}, "is without a known power state"),
        ({"power_state": "error"}, "is without a known power state"),
        ({"maintenance": True}, "is in maintenance"),
        ({"retired": True}, "is retired"),
        ({"instance_uuid": "x"}, "is carrying another server"),
    ],
)
def test_nodes_that_are_not_free_are_left_out(fields, words):
    rejected = selection(a_view(**fields))
    assert rejected.candidates == ()
    assert rejected.words == f"1 node: 1 {words}"


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ({}, True),
        ({"resources:CUSTOM_GOLD": "1"}, True),
        ({"resources:CUSTOM_SILVER": "1"}, False),
        ({"resources:CUSTOM_SILVER": "0"}, True),
        ({"resources:VCPU": "0", "resources:MEMORY_MB": "0"}, True),
        ({"capabilities:boot_mode": "uefi"}, True),
        ({"capabilities:boot_mode": "bios"}, False),
        ({"capabilities:boot_mode": "<or> bios <or> uefi"}, True),
        ({"capabilities:ssd": ">= 4"}, True),
        ({"capabilities:ssd": ">= 5"}, False),
        ({"capabilities:gpu": "true"}, False),
        ({"cpu_arch": "x86_64"}, True),
        ({"cpu_arch": "aarch64"}, False),
        ({"capabilities:cpu_arch": "x86_64"}, True),
        ({"trait:CUSTOM_FAST": "required"}, False),
        ({"trait:CUSTOM_FAST": "forbidden"}, True),
        ({"trait:CUSTOM_HOT": "forbidden"}, False),
        ({"trait:CUSTOM_HOT": "required"}, True),
        ({"baremetal:deploy_kernel_id": "x", "quota:y": "1"}, True),
    ],
)
def test_extra_specs(specs, expected):
    assert accepted(specs=specs, traits=frozenset({"CUSTOM_HOT"})) is expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"hw_architecture": "amd64"}, True),
        ({"architecture": "x86_64"}, True),
        ({"hw_architecture": "arm64"}, False),
        ({"img_hv_type": "baremetal"}, True),
        ({"hypervisor_type": "qemu"}, False),
        ({"trait:CUSTOM_X": "required"}, False),
        ({"os_distro": "debian"}, True),
    ],
)
def test_image_properties(image, expected):
    assert accepted(image=image) is expected


def test_capabilities_may_be_an_object_too():
    properties = {"capabilities": {"boot_mode": "uefi"}}
    assert accepted(specs={"capabilities:boot_mode": "uefi"}, properties=properties)


def test_a_node_may_be_asked_for_by_name_or_uuid():
    nodes = a_view(), a_view(uuid="u2", name="node-2")
    assert [n.uuid for n in selection(*nodes, node="node-2").candidates] == ["u2"]
    assert [n.uuid for n in selection(*nodes, node="u2").candidates] == ["u2"]
    assert "not the node asked for (nope)" in selection(*nodes, node="nope").words


def test_the_words_count_per_reason_most_first():
    nodes = [
        a_view(uuid="1", provision_state="cleaning"),
        a_view(uuid="2", provision_state="active"),
        a_view(uuid="3", provision_state="active"),
        a_view(uuid="4", properties={}),
    ]
    rejected = selection(*nodes, specs={"capabilities:boot_mode": "uefi"})
    assert rejected.words == (
        "4 nodes: 3 are not available (active, cleaning), 1 is lacking capability boot_mode=uefi"
    )


def test_no_nodes_at_all():
    assert selection().words == "no node is enrolled"


def test_requests_spread_over_equal_nodes():
    nodes = [a_view(uuid=str(number)) for number in range(8)]
    needs = requirements_of(flavor(), {})
    firsts = {select(nodes, needs, str(seed)).candidates[0].uuid for seed in range(50)}
    assert len(firsts) > 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gold", "CUSTOM_GOLD"),
        ("baremetal.Gold-1", "CUSTOM_BAREMETAL_GOLD_1"),
        (None, None),
        ("", None),
    ],
)
def test_resource_classes_are_normalised_as_in_nova(name, expected):
    assert normalised_class(name) == expected
