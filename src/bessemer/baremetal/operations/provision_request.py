"""What `PUT /v1/nodes/{ident}/states/provision` may ask for."""

from dataclasses import dataclass

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.domain.secret import Secret
from bessemer.json_types import Json


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """A verb of `flows.VERBS`, and what goes with it."""

    target: str
    configdrive: Json = None
    """With `active` and `rebuild`: base64 of gzip of ISO 9660, or a URL."""
    steps: tuple[StepCall, ...] | None = None
    """With `active`, `rebuild`, `clean` and `service`."""
    runbook: str | None = None
    """Name or uuid; with `clean` and `service`, instead of steps."""
    runbook_by_traits: bool = False
    """Whether the runbook's traits say which nodes it is for (since 1.112), or its name."""
    disable_ramdisk: bool | None = None
    """With `clean` and `service`; None: as the runbook says, else no."""
    rescue_password: Secret | None = None
    """With `rescue`."""
