"""Fast track: a ramdisk that is left running after an inspection or a cleaning serves the next flow.

Only where the machine stays on one network all the time: an agent can not be moved to another network
while it runs, and what must be on a network of its own is switched off before.
"""

from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.truth import truth
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.errors import Invalid

KEY: Final = "fast_track"
"""In driver_info: the node's own word, which wins over the setting."""

BETWEEN_FLOWS: Final = frozenset({State.MANAGEABLE, State.AVAILABLE})
"""Where a node waits for its next flow while the agent of the last one runs."""


def on_fast_track(node: Node, interfaces: NodeInterfaces, *, usual: bool) -> bool:
    """Whether the node keeps its ramdisk between flows. `usual`: of nodes that do not say.

    Raises Invalid for a driver_info.fast_track that is no boolean.
    """
    own = node.driver_info.get(KEY)
    wanted = usual if own is None else truth(own)
    if wanted is None:
        raise Invalid(f"driver_info.{KEY} must be true or false.")
    stays_put = not interfaces.network.makes_ports and not interfaces.network.boots_over_tenants
    has_volumes = interfaces.storage.has_volumes
    return wanted and stays_put and interfaces.deploy.manages_machine and not has_volumes
