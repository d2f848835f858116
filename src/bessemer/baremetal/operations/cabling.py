"""When NICs and their groups may change: not while somebody relies on how they are cabled."""

from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.belongings import Change
from bessemer.errors import Conflict

MAY_CHANGE: Final = frozenset(
    {State.ENROLL, State.MANAGEABLE, State.INSPECTING, State.INSPECT_WAIT}
)


def check_moment(change: Change[Port] | Change[Portgroup], noun: str, *, strict: bool) -> None:
    """Raises Conflict for a node being inspected (`strict`): inspection writes its NICs itself."""
    if strict and change.node.provision_state is State.INSPECTING:
        raise Conflict(
            f"Cannot update {noun} {change.before.uuid} on node {change.node.uuid} while it is in "
            f"state {State.INSPECTING}. Wait until the inspection has ended."
        )


def check_settled(node: Node, noun: str, uuid: str, names: list[str]) -> None:
    """Raises Conflict when any of these attributes would change in a state that relies on them."""
    if names and node.provision_state not in MAY_CHANGE and not node.maintenance:
        raise Conflict(
            f"{noun.capitalize()} {uuid} can not have {', '.join(names)} updated unless node "
            f"{node.uuid} is in one of the states {', '.join(sorted(MAY_CHANGE))}, or in "
            "maintenance."
        )


def check_free(change: Change[Port] | Change[Portgroup], noun: str, names: list[str]) -> None:
    """Raises Conflict when any of these attributes would change under an attached network port."""
    vif = change.before.tenant_vif
    if names and vif is not None:
        raise Conflict(
            f"Cannot change {', '.join(names)} of {noun} {change.before.uuid}: network port {vif} is "
            f"attached to it. Detach it first: openstack baremetal node vif detach "
            f"{change.node.uuid} {vif}"
        )


def check_membership(uuid: str, group: Portgroup) -> None:
    """Raises Conflict for a NIC that would come to or leave a bond with a network port attached."""
    if group.tenant_vif is not None:
        raise Conflict(
            f"Port {uuid} cannot come to or leave port group {group.uuid}: network port "
            f"{group.tenant_vif} is attached to the group. Detach that first."
        )


def check_removal(node: Node, noun: str, thing: Port | Portgroup) -> None:
    """Raises Conflict while a tenant's network port is attached to it."""
    if thing.tenant_vif is not None and not node.maintenance:
        raise Conflict(
            f"Cannot delete the {noun} {thing.address or thing.uuid} of node {node.uuid}: network "
            f"port {thing.tenant_vif} is attached to it. Detach that first."
        )
