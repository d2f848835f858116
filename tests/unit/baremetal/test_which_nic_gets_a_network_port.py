"""Ranking of NICs and port groups for a tenant's network port."""

from dataclasses import replace

import pytest
from tests.baremetal_task import a_node, a_port, a_portgroup

from bessemer.baremetal.domain.nics import Nic, Nics, VifWish, best, free
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.errors import Conflict

NODE = a_node()
TAKEN = {"tenant_vif_port_id": "vif"}
HERE = frozenset({"here"})


def any_port(_port: Port) -> bool:
    return True


def a_bond(*numbers: int, **changes: object) -> tuple[Portgroup, tuple[Port, ...]]:
    group = a_portgroup(NODE, **changes)
    return group, tuple(a_port(NODE, number, portgroup_uuid=group.uuid) for number in numbers)


def names(nics: list[Nic]) -> list[str]:
    return [nic.uuid for nic in nics]


def test_a_taken_nic_is_no_candidate_nor_is_one_in_a_group() -> None:
    taken = a_port(NODE, 1, internal_info=TAKEN)
    plain = a_port(NODE, 2)
    group, members = a_bond(3, 4)
    nics = Nics((taken, plain, *members), (group,))
    assert names(free(nics, any_port)) == [group.uuid, plain.uuid]


def test_a_group_needs_a_usable_member() -> None:
    group, members = a_bond(1, 2)
    empty = a_portgroup(NODE)
    nics = Nics(members, (group, empty))
    assert names(free(nics, lambda port: port.uuid == members[1].uuid)) == [group.uuid]
    assert free(nics, lambda _port: False) == []


def test_a_taken_group_takes_its_members_with_it() -> None:
    group, members = a_bond(1, 2, internal_info=TAKEN)
    assert free(Nics(members, (group,)), any_port) == []


def test_a_member_with_a_network_port_of_its_own_splits_the_group() -> None:
    group, (first, second) = a_bond(1, 2)
    nics = Nics((replace(first, internal_info=TAKEN), second), (group,))
    assert names(free(nics, any_port)) == [second.uuid]


def test_the_order_is_physical_network_then_group_then_boot_nic_then_registration() -> None:
    late = a_port(NODE, 1, pxe_enabled=False)
    boot, boot_too = a_port(NODE, 2), a_port(NODE, 3)
    match = a_port(NODE, 4, physical_network="here", pxe_enabled=False)
    group, members = a_bond(5, 6)
    nics = Nics((late, boot, boot_too, match, *members), (group,))
    candidates, order = free(nics, any_port), []
    while (first := best(candidates, nics, HERE)) is not None:
        order.append(first)
        candidates.remove(first)
    assert names(order) == names([match, group, boot, boot_too, late])


def test_a_group_is_where_its_members_are() -> None:
    group, members = a_bond(1, 2)
    there = tuple(replace(port, physical_network="here") for port in members)
    assert Nics(there, (group,)).physical_network_of(group) == "here"
    torn = Nics((there[0], members[1]), (group,))
    with pytest.raises(Conflict, match="different physical networks"):
        best(free(torn, any_port), torn, HERE)


def test_a_wish_for_one_nic_admits_no_other() -> None:
    group, (member, _) = a_bond(1, 2)
    assert VifWish("v").admits(group)
    assert VifWish("v").admits(member)
    for_port = VifWish("v", port_uuid=member.uuid)
    assert for_port.admits(member)
    assert not for_port.admits(group)
    for_group = VifWish("v", portgroup_uuid=group.uuid)
    assert for_group.admits(group)
    assert not for_group.admits(member)


def test_who_holds_a_network_port_is_found_among_all() -> None:
    group, members = a_bond(1, internal_info=TAKEN)
    nics = Nics(members, (group,))
    assert nics.holder_of("vif") == group
    assert nics.holder_of("other") is None
    assert nics.ports_of(group) == members
