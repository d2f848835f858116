"""`/v1/nodes/{ident}/vendor_passthru`: methods that only one make of machine knows."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from bessemer.baremetal.api.endpoints import Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.passthru import ANY_METHOD, arguments, called, listed, method_of
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.operations import passthru
from bessemer.baremetal.operations.desk import Desk
from bessemer.web.routes import Call, Raw, Reply

RULE: Final = "baremetal:node:vendor_passthru"


@dataclass(frozen=True, slots=True)
class NodePassthruApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table: the fixed path goes before the one with a name."""
        path = "/nodes/{ident}/vendor_passthru"
        named = f"{path}/{{method}}"
        return (
            Endpoint("GET", f"{path}/methods", self.methods, RULE),
            *(
                Endpoint(verb, form, self.call, RULE, body=Raw.STREAM, any_query=True)
                for form in (path, named)
                for verb in ANY_METHOD
            ),
        )

    async def methods(self, call: Call) -> Reply:
        """Every vendor method by name, and how it is called."""
        refuse_unknown(call)
        return Reply(listed(await passthru.methods(self.desk, ident_of(call))))

    async def call(self, call: Call) -> Reply | Response:
        """Call a vendor method: 200 with its reply, or 202 when it goes on afterwards."""
        given = await arguments(call)
        wanted = passthru.Wanted(method_of(call), call.request.method, given)
        result = await passthru.call(as_seen(self.desk, call), ident_of(call), wanted)
        return called(result.row, result.reply)
