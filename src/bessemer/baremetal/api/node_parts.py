"""Below `/v1/nodes/{ident}`: traits, vifs, inventory, timeline, boot device."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from bessemer.baremetal.api import values
from bessemer.baremetal.api.arguments import one_of, taken
from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.runbooks import TRAITS
from bessemer.baremetal.domain.nics import VifWish
from bessemer.baremetal.domain.node import BootDevice
from bessemer.baremetal.domain.secret import masked
from bessemer.baremetal.operations import boot_device
from bessemer.baremetal.operations import nodes as node_operations
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.show_nodes import show_node
from bessemer.baremetal.store import blobs, journal
from bessemer.baremetal.store.blobs import Blob
from bessemer.context import RequestContext
from bessemer.errors import Invalid, NotFound
from bessemer.web.body import has_body
from bessemer.web.routes import Call, Reply

PORTGROUP_VIF_SINCE: Final = 67
VIF: Final[Mapping[str, Argument]] = {
    "id": Argument(values.text(255, least=1), required=True),
    "port_uuid": Argument(values.optional(values.uuid_text), PORTGROUP_VIF_SINCE),
    "portgroup_uuid": Argument(values.optional(values.uuid_text), PORTGROUP_VIF_SINCE),
}
BOOT_DEVICE: Final[Mapping[str, Argument]] = {
    "boot_device": Argument(one_of(BootDevice), required=True),
    "persistent": Argument(values.default(False, values.boolean)),
}


class Vifs(Protocol):
    """How tenants' network ports come to NICs and go."""

    async def attach(
        self, desk: Desk, context: RequestContext, ident: str, wish: VifWish, /
    ) -> object: ...

    async def detach(
        self, desk: Desk, context: RequestContext, ident: str, vif_id: str, /
    ) -> None: ...

    async def list_vifs(self, desk: Desk, ident: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class NodePartsApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk
    vifs: Vifs

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        node = "/nodes/{ident}"
        boot = f"{node}/management/boot_device"
        set_traits, trait = "baremetal:node:traits:set", f"{node}/traits/{{trait}}"
        drop_traits = "baremetal:node:traits:delete"
        get_boot, set_boot = "baremetal:node:get_boot_device", "baremetal:node:set_boot_device"
        return (
            Endpoint("GET", f"{node}/traits", self.traits, "baremetal:node:traits:list", 37),
            Endpoint(
                "PUT",
                f"{node}/traits",
                self.set_traits,
                set_traits,
                37,
                dict,
                204,
                arguments=TRAITS,
            ),
            Endpoint("DELETE", f"{node}/traits", self.clear_traits, drop_traits, 37, status=204),
            Endpoint("PUT", trait, self.add_trait, set_traits, 37, status=204),
            Endpoint("DELETE", trait, self.remove_trait, drop_traits, 37, status=204),
            Endpoint("GET", f"{node}/vifs", self.list_vifs, "baremetal:node:vif:list", 28),
            Endpoint(
                "POST",
                f"{node}/vifs",
                self.attach,
                "baremetal:node:vif:attach",
                28,
                dict,
                204,
                arguments=VIF,
            ),
            Endpoint(
                "DELETE",
                f"{node}/vifs/{{vif}}",
                self.detach,
                "baremetal:node:vif:detach",
                28,
                status=204,
            ),
            Endpoint(
                "GET", f"{node}/inventory", self.inventory, "baremetal:node:inventory:get", 81
            ),
            Endpoint("GET", f"{node}/timeline", self.timeline, "baremetal:node:history:get"),
            Endpoint("GET", f"{boot}/supported", self.supported_boot_devices, get_boot),
            Endpoint("GET", boot, self.get_boot_device, get_boot),
            Endpoint(
                "PUT",
                boot,
                self.set_boot_device,
                set_boot,
                body=dict,
                status=204,
                arguments=BOOT_DEVICE,
            ),
        )

    async def traits(self, call: Call) -> Reply:
        """`{traits: []}`."""
        facts = await show_node(self.desk, ident_of(call))
        return Reply({"traits": sorted(facts.node.traits)})

    async def set_traits(self, call: Call) -> Reply:
        """Replace all traits."""
        given = taken(call.body, TRAITS, call.version.minor)
        await node_operations.set_traits(as_seen(self.desk, call), ident_of(call), given["traits"])
        return Reply()

    async def clear_traits(self, call: Call) -> Reply:
        """Remove all traits."""
        await node_operations.set_traits(as_seen(self.desk, call), ident_of(call), [])
        return Reply()

    async def add_trait(self, call: Call) -> Reply:
        """Add the trait in the path; a body is refused."""
        if has_body(call.request):
            raise Invalid("No body should be given when adding a single trait.")
        ident, trait = ident_of(call), call.path["trait"]
        await node_operations.add_trait(as_seen(self.desk, call), ident, trait)
        return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{ident}/traits/{trait}"})

    async def remove_trait(self, call: Call) -> Reply:
        """Remove the trait in the path."""
        await node_operations.remove_trait(
            as_seen(self.desk, call), ident_of(call), call.path["trait"]
        )
        return Reply()

    async def list_vifs(self, call: Call) -> Reply:
        """Tenants' network ports on this node."""
        attached = await self.vifs.list_vifs(self.desk, ident_of(call))
        return Reply({"vifs": [{"id": vif} for vif in attached]})

    async def attach(self, call: Call) -> Reply:
        """Give a network port a NIC of this node."""
        await self.vifs.attach(as_seen(self.desk, call), call.context, ident_of(call), _wish(call))
        return Reply()

    async def detach(self, call: Call) -> Reply:
        """Take the network port off its NIC."""
        await self.vifs.detach(
            as_seen(self.desk, call), call.context, ident_of(call), call.path["vif"]
        )
        return Reply()

    async def inventory(self, call: Call) -> Reply:
        """`{inventory, plugin_data}` of the last inspection."""
        facts = await show_node(self.desk, ident_of(call))
        async with self.desk.reading() as connection:
            content = await blobs.find(connection, facts.node.uuid, Blob.INVENTORY)
        if content is None:
            raise NotFound(f"Node {facts.node.uuid} has no inventory; inspect it first.")
        return Reply(masked(json.loads(content)))

    async def timeline(self, call: Call) -> Reply:
        """What was done to this node, step by step, oldest first. Bessemer's own.

        `{timeline: [{flow, interface, step, started_at, finished_at, outcome, detail}]}`; outcome
        is done, failed, aborted, or null while in hand; moments have fractions of a second.
        """
        facts = await show_node(self.desk, ident_of(call))
        async with self.desk.reading() as connection:
            entries = await journal.of_node(connection, facts.node.uuid)
        return Reply({"timeline": entries})

    async def supported_boot_devices(self, call: Call) -> Reply:
        """What the machine can be told to boot from."""
        devices = await boot_device.supported(self.desk, ident_of(call))
        return Reply({"supported_boot_devices": list(devices)})

    async def get_boot_device(self, call: Call) -> Reply:
        """What the BMC says that the machine boots from next."""
        device, persistent = await boot_device.read(self.desk, ident_of(call))
        return Reply({"boot_device": device, "persistent": persistent})

    async def set_boot_device(self, call: Call) -> Reply:
        """Tell the BMC."""
        given = taken(call.body, BOOT_DEVICE, call.version.minor)
        persistent = bool(given.get("persistent", False))
        device = BootDevice(given["boot_device"])
        await boot_device.write(
            as_seen(self.desk, call), ident_of(call), device, persistent=persistent
        )
        return Reply()


def _wish(call: Call) -> VifWish:
    """What the body asks for; keys that mean nothing here are for other network interfaces."""
    known = {name: value for name, value in call.body.items() if name in VIF and value is not None}
    given = taken(known, VIF, call.version.minor)
    if {"port_uuid", "portgroup_uuid"} <= set(given):
        raise Invalid("Give port_uuid or portgroup_uuid, not both.")
    return VifWish(given.pop("id"), **given)
