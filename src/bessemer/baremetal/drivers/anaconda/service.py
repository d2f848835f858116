"""The ramdisk listener's part under /installer: the kickstart file, and where its files are.

As with the boot scripts, an installer can prove nothing: it is a node's only while that is being
deployed by one. The kickstart holds the agent's token, and is handed out until that is first used.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import structlog
from starlette.responses import PlainTextResponse, RedirectResponse

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.drivers.ipxe.boot_config import is_url
from bessemer.baremetal.drivers.ipxe.service import FindImage
from bessemer.baremetal.interfaces.boot import INSTALLER
from bessemer.context import RequestContext
from bessemer.errors import BessemerError, NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Call, Route, Service

log = structlog.get_logger()

FindNode = Callable[[str], Awaitable[Node | None]]
FindKickstart = Callable[[str], Awaitable[str | None]]

_FILES: Final[Mapping[str, str]] = {
    "/{node_uuid}/stage2/images/install.img": "stage2",
    "/{node_uuid}/image/{name}": "image_url",
}
"""Paths, as installers seek them, and by which key of the node's installer the place is known."""


def installer_service(
    find_node: FindNode, find_kickstart: FindKickstart, find_image: FindImage
) -> Service:
    """`GET /installer/{node_uuid}/ks.cfg`; files are redirected to where they are."""
    routes = [
        Route(
            "GET",
            "/{node_uuid}/ks.cfg",
            partial(_kickstart, find_node, find_kickstart),
            "installer:kickstart",
            access=Access.PUBLIC,
        )
    ]
    routes += [
        Route(
            "GET",
            path,
            partial(_file, find_node, find_image, key),
            "installer:file",
            access=Access.PUBLIC,
        )
        for path, key in _FILES.items()
    ]
    return Service("installer", "/installer", tuple(routes), _error_body)


async def _kickstart(find: FindNode, text_of: FindKickstart, call: Call) -> PlainTextResponse:
    node = await find(call.path["node_uuid"])
    if _installer(node, call) is None or "agent_status" in node_info(node):
        raise NotFound("There is no such kickstart file now.")
    text = await text_of(call.path["node_uuid"])
    if text is None:
        raise NotFound("There is no such kickstart file now.")
    log.info("installer.kickstart", node=call.path["node_uuid"])
    return PlainTextResponse(text)


async def _file(find: FindNode, find_image: FindImage, key: str, call: Call) -> RedirectResponse:
    installer = _installer(await find(call.path["node_uuid"]), call)
    known = installer.get(key) if installer is not None else None
    if installer is None or known is None:
        raise NotFound("There is no such file of an installer now.")
    place = str(known)
    url = place if is_url(place) else await find_image(place, installer["listener"])
    return RedirectResponse(url, status_code=302)


def node_info(node: Node | None) -> Mapping[str, Any]:
    """What is written down of a node; nothing of none."""
    return node.driver_internal_info if node is not None else {}


def _installer(node: Node | None, call: Call) -> Mapping[str, Any] | None:
    deploying = {State.DEPLOYING, State.DEPLOY_WAIT}
    if node is None or node.uuid != call.path["node_uuid"] or node.provision_state not in deploying:
        return None
    installer: Mapping[str, Any] | None = node.driver_internal_info.get(INSTALLER)
    return installer


def _error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    return {"error": {"code": status, "message": error.message}}
