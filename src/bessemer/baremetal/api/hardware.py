"""Everything below `/v1/nodes/{ident}` that speaks to hardware, but power and boot device."""

from bessemer.baremetal.api.bios import BiosApi
from bessemer.baremetal.api.boot_modes import BootModesApi
from bessemer.baremetal.api.console import ConsoleApi
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.indicators import IndicatorsApi
from bessemer.baremetal.api.node_passthru import NodePassthruApi
from bessemer.baremetal.api.raid import RaidApi
from bessemer.baremetal.api.vmedia import VirtualMediaApi
from bessemer.baremetal.operations.desk import Desk


def hardware_endpoints(desk: Desk) -> tuple[Endpoint, ...]:
    """Rows of the API's table."""
    return (
        *BootModesApi(desk).endpoints(),
        *RaidApi(desk).endpoints(),
        *ConsoleApi(desk).endpoints(),
        *IndicatorsApi(desk).endpoints(),
        *VirtualMediaApi(desk).endpoints(),
        *BiosApi(desk).endpoints(),
        *NodePassthruApi(desk).endpoints(),
    )
