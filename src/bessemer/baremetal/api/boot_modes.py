"""`/v1/nodes/{ident}/states/boot_mode` and `/secure_boot`, and the NMI: a machine's next start."""

from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.api.arguments import one_of, taken
from bessemer.baremetal.api.endpoints import Argument, Endpoint
from bessemer.baremetal.api.etags import as_seen
from bessemer.baremetal.api.links import api_url
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.queries import refuse_unknown
from bessemer.baremetal.api.values import boolean
from bessemer.baremetal.domain.management import BootMode
from bessemer.baremetal.operations import boot_modes, inject_nmi
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid
from bessemer.web.routes import Call, Reply

BOOT_MODE: Final = {"target": Argument(one_of(BootMode), required=True)}
SECURE_BOOT: Final = {"target": Argument(boolean, required=True)}
SINCE: Final = 76
NMI_SINCE: Final = 29


@dataclass(frozen=True, slots=True)
class BootModesApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        node = "/nodes/{ident}"
        return (
            Endpoint(
                "PUT",
                f"{node}/states/boot_mode",
                self.set_boot_mode,
                "baremetal:node:set_boot_mode",
                SINCE,
                dict,
                202,
                arguments=BOOT_MODE,
            ),
            Endpoint(
                "PUT",
                f"{node}/states/secure_boot",
                self.set_secure_boot,
                "baremetal:node:set_secure_boot",
                SINCE,
                dict,
                202,
                arguments=SECURE_BOOT,
            ),
            Endpoint(
                "PUT",
                f"{node}/management/inject_nmi",
                self.inject_nmi,
                "baremetal:node:inject_nmi",
                NMI_SINCE,
                dict,
                204,
            ),
        )

    async def set_boot_mode(self, call: Call) -> Reply:
        """BIOS or UEFI from the machine's next start on."""
        refuse_unknown(call)
        mode = BootMode(taken(call.body, BOOT_MODE, call.version.minor)["target"])
        uuid = await boot_modes.set_boot_mode(as_seen(self.desk, call), ident_of(call), mode)
        return _accepted(call, uuid)

    async def set_secure_boot(self, call: Call) -> Reply:
        """On or off from the machine's next start on."""
        refuse_unknown(call)
        on = bool(taken(call.body, SECURE_BOOT, call.version.minor)["target"])
        uuid = await boot_modes.set_secure_boot(as_seen(self.desk, call), ident_of(call), on=on)
        return _accepted(call, uuid)

    async def inject_nmi(self, call: Call) -> Reply:
        """Interrupt the machine's system, so that it dumps its memory; the body is `{}`."""
        refuse_unknown(call)
        if call.body:
            raise Invalid("The body must be an empty object.")
        await inject_nmi.inject_nmi(as_seen(self.desk, call), ident_of(call))
        return Reply()


def _accepted(call: Call, uuid: str) -> Reply:
    return Reply(headers={"Location": f"{api_url(call)}/v1/nodes/{uuid}/states"})
