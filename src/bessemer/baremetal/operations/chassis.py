"""Chassis as an inventory."""

from collections.abc import Callable

from bessemer.baremetal.domain.chassis import Chassis
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.records import Keeping, accept
from bessemer.baremetal.store.chassis import CHASSIS, count_nodes
from bessemer.errors import Invalid


class AllChassis(Keeping[Chassis]):
    """Enclosures; one goes when it is empty."""

    async def delete(self, ident: str, check: Callable[[Chassis], None] = accept) -> None:
        """Remove it. Raises NotFound, Invalid while nodes are in it."""
        async with self.desk.shelves.database.write() as connection:
            found = await CHASSIS.get(connection, ident)
            check(found)
            if nodes := await count_nodes(connection, found.uuid):
                raise Invalid(
                    f"Chassis {found.uuid} contains {nodes} nodes. Move them first: openstack "
                    "baremetal node unset --chassis-uuid <node>"
                )
            await CHASSIS.remove(connection, found.uuid)


def all_chassis(desk: Desk) -> AllChassis:
    """All of them."""
    return AllChassis(desk, CHASSIS)
