"""`PUT /v1/nodes/{ident}/states/raid`: the RAID configuration that cleaning shall make."""

from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.operations import raid
from bessemer.baremetal.operations.desk import Desk
from bessemer.web.routes import Call, Reply

SINCE: Final = 12


@dataclass(frozen=True, slots=True)
class RaidApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        path, rule = "/nodes/{ident}/states/raid", "baremetal:node:set_raid_state"
        return (Endpoint("PUT", path, self.set_target, rule, SINCE, dict, 204),)

    async def set_target(self, call: Call) -> Reply:
        """`{logical_disks: [...]}`; an empty object takes the wish back."""
        refuse_unknown(call)
        await raid.set_target(as_seen(self.desk, call), ident_of(call), call.body)
        return Reply()
