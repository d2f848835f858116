"""What the network service is told about NICs, bonds and where they are cabled."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node, a_port, a_portgroup

from bessemer.baremetal.domain.nics import Nics
from bessemer.baremetal.drivers.neutron.links import (
    SWITCHED,
    UNSWITCHED,
    from_note,
    link_of,
    noted,
)
from bessemer.network.public import Binding, LocalLink, VnicType

NODE = a_node()


def test_a_link_needs_switch_and_port() -> None:
    complete = {"switch_id": "0A:00:00:00:00:01", "port_id": "eth1", "switch_info": "tor"}
    link = link_of(a_port(NODE, local_link_connection=complete))
    assert link == LocalLink("0a:00:00:00:00:01", "eth1", "tor")
    for lost in ("switch_id", "port_id"):
        partial = {**complete, lost: None}
        assert link_of(a_port(NODE, local_link_connection=partial)) is None


def test_the_binding_names_node_link_and_physical_network() -> None:
    port = a_port(NODE, 1, physical_network="physnet1")
    binding = SWITCHED.tenant_binding(port, Nics((port,)))
    assert (binding.host_id, binding.links) == (NODE.uuid, (link_of(port),))
    assert binding.profile == {"physical_network": "physnet1"}
    bare = a_port(NODE, 1)
    assert SWITCHED.tenant_binding(bare, Nics((bare,))).profile == {}


def test_the_binding_of_a_bond_names_every_cabled_member_and_how_they_are_bonded() -> None:
    group = a_portgroup(
        NODE,
        name="bond0",
        mode="802.3ad",
        properties={"miimon": "100", "bond_xmit_hash_policy": "layer3+4"},
    )
    first, second = (a_port(NODE, number, portgroup_uuid=group.uuid) for number in (1, 2))
    loose = a_port(NODE, 3, portgroup_uuid=group.uuid, local_link_connection={})
    nics = Nics((first, second, loose, a_port(NODE, 4)), (group,))
    binding = SWITCHED.tenant_binding(group, nics)
    assert binding.links == SWITCHED.links_of(group, nics) == (link_of(first), link_of(second))
    assert binding.host_id == NODE.uuid
    assert binding.profile == {
        "local_group_information": {
            "id": group.uuid,
            "name": "bond0",
            "bond_mode": "802.3ad",
            "bond_properties": {"bond_miimon": "100", "bond_xmit_hash_policy": "layer3+4"},
        }
    }


def test_where_no_switch_is_configured_the_binding_names_the_node_alone() -> None:
    group = a_portgroup(NODE, address="52:54:00:00:00:01", physical_network="physnet1")
    port = a_port(NODE, 1, portgroup_uuid=group.uuid, local_link_connection={})
    assert UNSWITCHED.knows(port)
    assert UNSWITCHED.tenant_binding(group, Nics((port,), (group,))) == Binding(NODE.uuid, ())


INFINIBAND = {"client-id": "ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1"}


def test_infiniband_needs_no_cabling_and_brings_its_client_id_along() -> None:
    port = a_port(NODE, 1, local_link_connection={}, extra=INFINIBAND)
    assert SWITCHED.knows(port)
    binding = SWITCHED.tenant_binding(port, Nics((port,)))
    assert binding.links == (LocalLink("", "", network_type="unmanaged"),)
    assert binding.client_id == INFINIBAND["client-id"]
    cabled = a_port(NODE, 1, extra=INFINIBAND)
    assert SWITCHED.links_of(cabled, Nics((cabled,))) == (link_of(a_port(NODE, 1)),)


def test_a_smart_nic_is_plugged_by_its_own_agent_into_its_own_switch() -> None:
    connection = {"port_id": "rep0-0", "hostname": "smart-7"}
    port = a_port(NODE, 1, is_smartnic=True, local_link_connection=connection)
    binding = SWITCHED.tenant_binding(port, Nics((port,)))
    assert binding.links == (LocalLink("", "rep0-0", "smart-7"),)
    assert (binding.host_id, binding.vnic_type) == ("smart-7", VnicType.SMART_NIC)
    for lost in connection:
        partial = {key: value for key, value in connection.items() if key != lost}
        assert not SWITCHED.knows(replace(port, local_link_connection=partial))


@given(st.lists(st.builds(LocalLink, st.text(), st.text(), st.text())))
def test_links_survive_a_note(links: list[LocalLink]) -> None:
    assert from_note(noted(links)) == tuple(links)
