"""Ranking of NICs and port groups for a tenant's network port."""

from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node, a_port

from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.neutron.links import from_note, link_of, noted, tenant_binding
from bessemer.baremetal.drivers.neutron.ranking import Candidate, best, free_nics
from bessemer.network.public import LocalLink

NODE = a_node()
ANYWHERE: frozenset[str] = frozenset()


def free(*ports: Port, on: frozenset[str] = ANYWHERE) -> list[str]:
    return [candidate.uuid for candidate in free_nics(ports, on)]


def test_a_taken_uncabled_or_grouped_nic_is_no_candidate() -> None:
    taken = a_port(NODE, 1, internal_info={"tenant_vif_port_id": "vif"})
    uncabled = a_port(NODE, 2, local_link_connection={})
    grouped = a_port(NODE, 3, portgroup_uuid="bond0")
    plain = a_port(NODE, 4)
    assert free(taken, uncabled, grouped, plain) == [plain.uuid]


def test_a_nic_on_another_physical_network_is_no_candidate() -> None:
    here = a_port(NODE, 1, physical_network="here")
    there = a_port(NODE, 2, physical_network="there")
    unknown = a_port(NODE, 3)
    assert free(here, there, unknown, on=frozenset({"here"})) == [here.uuid, unknown.uuid]
    assert len(free(here, there, unknown)) == 3


def test_the_order_is_physical_network_then_group_then_boot_nic_then_registration() -> None:
    candidates = [
        Candidate("late", None, pxe_enabled=False),
        Candidate("boot", None),
        Candidate("boot too", None),
        Candidate("bond", None, is_group=True, pxe_enabled=False),
        Candidate("match", "here", pxe_enabled=False),
    ]
    order = []
    while (first := best(candidates, frozenset({"here"}))) is not None:
        order.append(first.uuid)
        candidates.remove(first)
    assert order == ["match", "bond", "boot", "boot too", "late"]


def test_a_link_needs_switch_and_port() -> None:
    complete = {"switch_id": "0A:00:00:00:00:01", "port_id": "eth1", "switch_info": "tor"}
    link = link_of(a_port(NODE, local_link_connection=complete))
    assert link == LocalLink("0a:00:00:00:00:01", "eth1", "tor")
    for lost in ("switch_id", "port_id"):
        partial = {**complete, lost: None}
        assert link_of(a_port(NODE, local_link_connection=partial)) is None


def test_the_binding_names_node_link_and_physical_network() -> None:
    port = a_port(NODE, 1, physical_network="physnet1")
    link = link_of(port)
    assert link is not None
    binding = tenant_binding(port, link)
    assert (binding.host_id, binding.links) == (NODE.uuid, (link,))
    assert binding.profile == {"physical_network": "physnet1"}
    assert tenant_binding(a_port(NODE, 1), link).profile == {}


@given(st.lists(st.builds(LocalLink, st.text(), st.text(), st.text())))
def test_links_survive_a_note(links: list[LocalLink]) -> None:
    assert from_note(noted(links)) == tuple(links)
