"""`/v1/chassis`: enclosures, and the nodes in each."""

from dataclasses import dataclass, replace
from typing import Final

from bessemer.baremetal.api.chassis_fields import CHASSIS
from bessemer.baremetal.api.collection import Collection, Kind
from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.nodes import LISTED, NodesApi, ident_of
from bessemer.baremetal.domain.chassis import Chassis
from bessemer.baremetal.operations.chassis import all_chassis
from bessemer.baremetal.operations.desk import Desk
from bessemer.web.routes import Call, Reply

KIND: Final = Kind(
    name="chassis",
    noun="chassis",
    since=1,
    table=CHASSIS,
    made=lambda values: Chassis(**values),
    altered=lambda chassis, changes: replace(chassis, **dict(changes)),
    document=lambda chassis: {"description": chassis.description, "extra": chassis.extra},
    list_policy="baremetal:chassis:get",
    detail_path=True,
)


@dataclass(frozen=True, slots=True)
class ChassisApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        path, rule = "/chassis/{ident}/nodes", "baremetal:node:list"
        return (
            *Collection(KIND, all_chassis(self.desk)).endpoints(),
            Endpoint("GET", path, self.nodes, rule, narrows=True, **LISTED),
        )

    async def nodes(self, call: Call) -> Reply:
        """A page of the nodes in one chassis."""
        found = await all_chassis(self.desk).get(ident_of(call))
        return await NodesApi(self.desk).within(call, {"chassis_uuid": found.uuid})
