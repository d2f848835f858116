"""`POST /v1/events`: what other services say has happened to networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.port_fields import mac
from bessemer.baremetal.api.steps_of_plans import StepShape, one_of, steps
from bessemer.baremetal.api.values import Checker, optional, text, uuid_text
from bessemer.baremetal.operations import events
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid
from bessemer.web.routes import Call, Reply

SINCE: Final = 54
KEYS: Final[Mapping[str, Checker]] = {
    "event": one_of("network.bind_port", "network.unbind_port", "network.delete_port"),
    "port_id": uuid_text,
    "mac_address": mac,
    "status": text(255),
    "device_id": optional(uuid_text),
    "binding:host_id": optional(uuid_text),
    "binding:vnic_type": optional(text(255)),
}
_LAST: Final = ("device_id", "binding:host_id", "binding:vnic_type")
EVENTS: Final = {
    "events": Argument(steps(StepShape(KEYS, dict.fromkeys(_LAST)), "events"), required=True)
}


@dataclass(frozen=True, slots=True)
class EventsApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        return (
            Endpoint(
                "POST",
                "/events",
                self.take,
                "baremetal:events:post",
                SINCE,
                body=dict,
                status=204,
                arguments=EVENTS,
            ),
        )

    async def take(self, call: Call) -> Reply:
        """Take note of events; the work of the nodes that they concern looks again."""
        if set(call.body) != {"events"}:
            raise Invalid("The body is an object with events, a list, and nothing else.")
        for each in EVENTS["events"].check("events", call.body["events"]):
            event = events.NetworkEvent(each["event"], each["port_id"], each["mac_address"])
            await events.take(self.desk, event, each["status"])
        return Reply()
