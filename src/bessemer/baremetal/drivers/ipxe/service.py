"""The ramdisk listener's part under /boot: loaders' scripts, kernels and ramdisks, without a login.

A machine's firmware can prove nothing; so what is handed out here is no secret, and only what a
node that is to boot a ramdisk was told to fetch.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from bessemer.baremetal.domain.port import normalise_mac
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig, image_of, is_url
from bessemer.baremetal.drivers.ipxe.elsewhere import passed_on
from bessemer.baremetal.drivers.ipxe.loader import Render
from bessemer.baremetal.drivers.ipxe.script import ramdisk_script, unknown_machine_script
from bessemer.baremetal.drivers.pxe.grub import grub_configuration, unknown_to_grub
from bessemer.baremetal.drivers.pxe.pxelinux import pxelinux_configuration, unknown_to_pxelinux
from bessemer.baremetal.drivers.users_urls import Bounds
from bessemer.context import RequestContext
from bessemer.errors import BessemerError, NotFound
from bessemer.json_types import JsonObject
from bessemer.web.routes import Access, Call, Route, Service

log = structlog.get_logger()

FindBootConfig = Callable[[str, str], Awaitable[BootConfig | None]]
"""By a NIC's MAC (lower case, colons) or by a node's UUID, and our URL as the machine knows it.

None when no ramdisk is to be booted.
"""

FindImage = Callable[[str, str], Awaitable[str]]
"""By an image's id and our listener's URL: a URL below that which serves it for a while."""

FindProgram = Callable[[str], Awaitable[Path | None]]
"""By name, a boot program for firmware that boots by HTTP; None when there is none."""

_FILES: Final = frozenset({"kernel", "ramdisk"})

_LOADERS: Final[Mapping[str, tuple[Render, Callable[[str], str]]]] = {
    "ipxe": (ramdisk_script, unknown_machine_script),
    "pxelinux": (pxelinux_configuration, unknown_to_pxelinux),
    "grub": (grub_configuration, unknown_to_grub),
}
"""Per loader: what a NIC's machine is told that is to boot a ramdisk, and what any other."""


def ramdisk_boot_service(
    find_boot_config: FindBootConfig,
    find_image: FindImage,
    find_program: FindProgram,
    bounds: Bounds,
) -> Service:
    """`GET /boot/<loader>/{mac}`, `/boot/files/{node_uuid}/kernel|ramdisk`, `/boot/programs/{name}`.

    `bounds`: whither we go for files on other servers.
    """
    routes = (
        *(
            Route(
                "GET",
                f"/{loader}/{{mac}}",
                partial(_script, find_boot_config, find_image, loader),
                "boot:script",
                access=Access.PUBLIC,
            )
            for loader in _LOADERS
        ),
        Route(
            "GET",
            "/programs/{name}",
            partial(_program, find_program),
            "boot:program",
            access=Access.PUBLIC,
        ),
        Route(
            "GET",
            "/files/{node_uuid}/{name}",
            partial(_file, find_boot_config, find_image, bounds),
            "boot:file",
            access=Access.PUBLIC,
        ),
    )
    return Service("boot", "/boot", routes, _error_body)


async def _script(
    find: FindBootConfig, find_image: FindImage, loader: str, call: Call
) -> PlainTextResponse:
    render, render_unknown = _LOADERS[loader]
    mac = normalise_mac(call.path["mac"])
    config = await find(mac, call.base_url())
    if config is None:
        log.warning("boot.unknown_machine", loader=loader, mac=mac)
        return PlainTextResponse(render_unknown(mac))
    log.info("boot.script", loader=loader, mac=mac, node=config.node_uuid, purpose=config.purpose)
    return PlainTextResponse(render(await _with_links(config, find_image), mac))


async def _with_links(config: BootConfig, find_image: FindImage) -> BootConfig:
    """Links run out long before a machine's last start, so each script has its own."""

    async def place(known: str) -> str:
        image = image_of(known)
        return known if image is None else await find_image(image, config.listener)

    return replace(
        config,
        kernel=await place(config.kernel),
        ramdisk=await place(config.ramdisk),
        boot_iso=await place(config.boot_iso),
    )


async def _program(find: FindProgram, call: Call) -> FileResponse:
    path = await find(call.path["name"])
    if path is None:
        raise NotFound("There is no such boot program.")
    return FileResponse(path, media_type="application/efi")


async def _file(
    find: FindBootConfig, find_image: FindImage, bounds: Bounds, call: Call
) -> Response:
    """Also of files that are not on this host, for those who know all by this path only (TFTP)."""
    node_uuid, name = call.path["node_uuid"], call.path["name"]
    config = await find(node_uuid, call.base_url()) if name in _FILES else None
    if config is None or config.node_uuid != node_uuid or not getattr(config, name):
        raise NotFound("There is no such boot file now.")
    place = str(getattr(config, name))
    image = image_of(place)
    log.info("boot.file", node=node_uuid, name=name)
    if image is not None:
        return RedirectResponse(await find_image(image, config.listener))
    return await passed_on(place, bounds) if is_url(place) else _own_file(node_uuid, Path(place))


def _own_file(node_uuid: str, path: Path) -> FileResponse:
    if path.resolve() != path or not path.is_file():
        # Allow-listed when it was written down; a link put there since leads elsewhere.
        log.error("boot.file_gone", node=node_uuid, path=str(path))
        raise NotFound("The boot file is gone; `make ramdisk` builds it.")
    return FileResponse(path, media_type="application/octet-stream")


def _error_body(status: int, error: BessemerError, _context: RequestContext) -> JsonObject:
    return {"error": {"code": status, "message": error.message}}
