"""What a booted ramdisk may ask: lookup, heartbeat, continue_inspection; for the second listener.

Nobody is logged in here. A caller proves itself by a NIC's MAC while the node awaits its ramdisk,
and from then on by the agent token that the lookup gave out, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.api.endpoints import Argument, BodySize, Endpoint, routes
from bessemer.baremetal.api.errors import error_body
from bessemer.baremetal.api.gate import Gate
from bessemer.baremetal.api.links import api_url, links
from bessemer.baremetal.api.microversions import VERSIONS
from bessemer.baremetal.api.nodes import ident_of
from bessemer.baremetal.api.policies import Policies
from bessemer.baremetal.api.queries import Filter, uuid_word, words
from bessemer.baremetal.api.values import optional, text
from bessemer.baremetal.api.versions import RAMDISK, version_routes
from bessemer.baremetal.domain.secret import without_secrets
from bessemer.baremetal.operations import agent_calls
from bessemer.baremetal.operations.agent_calls import Found, Heartbeat
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject
from bessemer.web.routes import Access, Call, Reply, Service

HEARTBEAT_BODY_LIMIT: Final = 256 * 1024
INSPECTION_TELLS_NODE_SINCE: Final = 84

IMAGE_FORMATS: Final = ("raw", "gpt", "qcow2")
"""What the agent may write to a disk."""

_AGENT_STATUS: Final = frozenset({"start", "end", "error"})

_BEAT: Final[Mapping[str, Argument]] = {
    "callback_url": Argument(text(2048)),
    "agent_version": Argument(optional(text(255)), 36),
    "agent_token": Argument(optional(text(255)), 62),
    "agent_verify_ca": Argument(optional(text(65536)), 68),
    "agent_status": Argument(optional(text(16)), 72),
    "agent_status_message": Argument(optional(text(4096)), 72),
}
"""Fields of a heartbeat: since which microversion, and what they look like."""


def ramdisk_service(desk: Desk) -> Service:
    """The service of the provisioning network's listener. It serves nothing else of the API.

    Raises ConfigurationError for a policy file that makes no sense.
    """
    api = RamdiskApi(desk)
    gate = Gate(desk.shelves.database, Policies(desk.settings.policy_file))
    return Service(
        name="baremetal-ramdisk",
        prefix="",
        routes=(*version_routes(RAMDISK), *routes(api.endpoints(), gate, desk.settings.api)),
        error_body=error_body,
        versions=VERSIONS,
    )


@dataclass(frozen=True, slots=True)
class RamdiskApi:
    """Handlers; each is one row of `endpoints`."""

    desk: Desk

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the API's table."""
        return (
            Endpoint(
                "GET",
                "/lookup",
                self.lookup,
                "baremetal:driver:ipa_lookup",
                since=22,
                access=Access.PUBLIC,
                filters={"addresses": Filter(words), "node_uuid": Filter(uuid_word)},
            ),
            Endpoint(
                "POST",
                "/heartbeat/{ident}",
                self.heartbeat,
                "baremetal:node:ipa_heartbeat",
                since=22,
                body=dict,
                status=202,
                body_limit=HEARTBEAT_BODY_LIMIT,
                access=Access.PUBLIC,
                arguments=_BEAT,
            ),
            Endpoint(
                "POST",
                "/continue_inspection",
                self.continue_inspection,
                "baremetal:driver:ipa_continue_inspection",
                body=dict,
                status=202,
                body_limit=BodySize.INSPECTION,
                access=Access.PUBLIC,
                filters={"node_uuid": Filter(uuid_word)},
                reply={"type": "object"},
            ),
        )

    async def lookup(self, call: Call) -> Reply:
        """Which node has these NICs; 404 in the same words for whoever is not awaited."""
        addresses = call.query.get("addresses", "").split(",")
        found = await agent_calls.look_up(self.desk, addresses, _node_uuid(call))
        return Reply(self._answer(call, found))

    async def heartbeat(self, call: Call) -> Reply:
        """A sign of life: 202."""
        beat = _beat(call.body, call.version.minor)
        await agent_calls.heartbeat(self.desk, ident_of(call), beat)
        return Reply()

    async def continue_inspection(self, call: Call) -> Reply:
        """What the inspection ramdisk found: 202, and who it is.

        The form of 1.84 answers as lookup does; older ones with the uuid alone.
        """
        node_uuid = _node_uuid(call)
        tells = call.version.minor >= INSPECTION_TELLS_NODE_SINCE
        found = await agent_calls.continue_inspection(
            self.desk, call.body, node_uuid, hand_out_token=tells
        )
        return Reply(self._answer(call, found) if tells else {"uuid": found.node.uuid})

    def _answer(self, call: Call, found: Found) -> JsonObject:
        node = found.node
        return {
            "node": {
                "uuid": node.uuid,
                "properties": node.properties,
                "instance_info": without_secrets(node.instance_info),
                "driver_internal_info": without_secrets(node.driver_internal_info),
                "links": links(api_url(call), f"nodes/{node.uuid}"),
            },
            "config": self._config(found.token),
        }

    def _config(self, token: str) -> dict[str, Json]:
        """Configuration of the agent, as Ironic names it."""
        timeout = round(self.desk.settings.heartbeat_timeout.total_seconds())
        return {
            "metrics": {
                "backend": "noop",
                "prepend_host": False,
                "prepend_uuid": False,
                "prepend_host_reverse": True,
                "global_prefix": None,
            },
            "metrics_statsd": {"statsd_host": "localhost", "statsd_port": 8125},
            "heartbeat_timeout": max(1, timeout),
            "agent_token": token,
            "agent_token_required": True,
            "agent_md5_checksum_enable": False,
            "disable_deep_image_inspection": False,
            "permitted_image_formats": IMAGE_FORMATS,
            "enable_bios_bootloader_install": False,
        }


def _node_uuid(call: Call) -> str | None:
    given = call.query.get("node_uuid")
    return uuid_word("node_uuid", given) if given else None


def _beat(body: Mapping[str, Any], minor: int) -> Heartbeat:
    unknown = sorted(name for name in body if name not in _BEAT or _BEAT[name].since > minor)
    if unknown:
        names = ", ".join(name[:80] for name in unknown)
        raise Invalid(f"Heartbeat fields not recognised in API version 1.{minor}: {names}.")
    fields = {name: _BEAT[name].check(name, value) for name, value in body.items()}
    if fields.get("agent_status") not in {None, *_AGENT_STATUS}:
        raise Invalid(f"agent_status is one of {', '.join(sorted(_AGENT_STATUS))}.")
    if "callback_url" not in fields and fields.get("agent_status") is None:
        raise Invalid("A heartbeat needs a callback_url.")
    return Heartbeat(**{"callback_url": "", "agent_token": None, **fields})
