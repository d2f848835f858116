"""Below `/v1/drivers/{name}`: properties, logical disks, vendor methods."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.passthru import ANY_METHOD, arguments, called, listed, method_of
from bessemer.baremetal.operations import drivers
from bessemer.baremetal.operations.desk import Desk
from bessemer.json_types import JsonObject
from bessemer.web.routes import Call, Raw, Reply

WORDS: Final[JsonObject] = {"type": "object", "additionalProperties": {"type": "string"}}
"""Schema of names with what they mean."""


@dataclass(frozen=True, slots=True)
class DriverPartsApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        driver, passthru = "/drivers/{name}", "baremetal:driver:vendor_passthru"
        disks, get_disks = (
            f"{driver}/raid/logical_disk_properties",
            "baremetal:driver:get_raid_logical_disk_properties",
        )
        get, anyhow = "baremetal:driver:get_properties", f"{driver}/vendor_passthru"
        return (
            Endpoint("GET", f"{driver}/properties", self.properties, get, reply=WORDS),
            Endpoint("GET", disks, self.logical_disk_properties, get_disks, 12, reply=WORDS),
            Endpoint("GET", f"{anyhow}/methods", self.methods, passthru),
            *(
                Endpoint(method, path, self.call, passthru, body=Raw.STREAM, any_query=True)
                for path in (anyhow, f"{anyhow}/{{method}}")
                for method in ANY_METHOD
            ),
        )

    async def properties(self, call: Call) -> Reply:
        """The fields of driver_info that nodes of this driver may need, and what they mean."""
        return Reply(await drivers.properties(self.desk, call.path["name"]))

    async def logical_disk_properties(self, call: Call) -> Reply:
        """What a logical disk of target_raid_config may be, by key."""
        return Reply(await drivers.logical_disk_properties(self.desk, call.path["name"]))

    async def methods(self, call: Call) -> Reply:
        """The driver's own vendor methods."""
        return Reply(listed(await drivers.passthru_methods(self.desk, call.path["name"])))

    async def call(self, call: Call) -> Reply | Response:
        """Call one of them; the body is handed on."""
        verb = call.request.method
        given: dict[str, Any] = await arguments(call)
        row, answer = await drivers.passthru(
            self.desk, call.path["name"], method_of(call), verb, given
        )
        return called(row, answer)
