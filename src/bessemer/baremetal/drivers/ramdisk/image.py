"""What an instance in memory is booted from, out of instance_info and its image's properties."""

import re
from collections.abc import Mapping
from typing import Any, Final

from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.context import RequestContext
from bessemer.errors import Invalid
from bessemer.image.public import ImageService

_OWN: Final = ("kernel", "ramdisk")
_PLACE: Final = re.compile(r"(https?://[!-~]+|(glance://)?[A-Za-z0-9][A-Za-z0-9 ._-]*)\Z")


def in_memory(info: Mapping[str, Any]) -> bool:
    """Whether instance_info itself names what is to be booted: an ISO image, or kernel and ramdisk."""
    return bool(info.get("boot_iso")) or all(info.get(key) for key in _OWN)


def named(info: Mapping[str, Any]) -> dict[str, str]:
    """What instance_info itself names: `boot_iso`, or `kernel` and `ramdisk`. Raises Invalid.

    Empty: the image in `image_source` has to say it.
    """
    given = {key: place(key, info[key]) for key in ("boot_iso", *_OWN) if info.get(key)}
    if "boot_iso" in given:
        if len(given) > 1:
            raise Invalid("instance_info has a boot_iso as well as kernel or ramdisk: give one.")
        return given
    if given and len(given) < len(_OWN):
        raise Invalid("instance_info must name both kernel and ramdisk, or neither.")
    if not given:
        _source(info)
    return given


async def found(
    info: Mapping[str, Any], images: ImageService, context: RequestContext
) -> dict[str, str]:
    """Each of them as an http(s) URL or the id of an image that is there.

    Raises Invalid, NotFound, Conflict.
    """
    places = named(info) or await _of_image(_source(info), images, context)
    return {
        key: given if _is_url(given) else (await images.get_image(context, given)).id
        for key, given in places.items()
    }


async def _of_image(ident: str, images: ImageService, context: RequestContext) -> dict[str, str]:
    """By the image's kernel_id and ramdisk_id (as Glance names them), or itself when it is an ISO."""
    view = await images.get_image(context, ident)
    if view.disk_format == "iso":
        return {"boot_iso": view.id}
    missing = [f"{key}_id" for key in _OWN if not view.properties.get(f"{key}_id")]
    if missing:
        raise Invalid(
            f"Image {quoted(view.name, 80)!r} ({view.id}) lacks {' and '.join(missing)}: set them "
            "to the ids of the images that hold kernel and ramdisk, or name these in "
            "instance_info.kernel and instance_info.ramdisk."
        )
    return {key: place(f"{key}_id", view.properties[f"{key}_id"]) for key in _OWN}


def _source(info: Mapping[str, Any]) -> str:
    source = info.get("image_source")
    if not source:
        raise Invalid(
            "instance_info names nothing to boot: give kernel and ramdisk, boot_iso, or an "
            "image_source whose image has kernel_id and ramdisk_id."
        )
    ident = place("image_source", source)
    if _is_url(ident):
        raise Invalid(
            "instance_info.image_source is a URL, which tells no kernel and ramdisk: give these."
        )
    return ident


def place(key: str, value: Any) -> str:
    """An image's id or name, or an http(s) URL; never a file of this host."""
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or not _PLACE.match(text):
        raise Invalid(
            f"{key} {quoted(str(value), 100)!r} is neither an image's id or name nor an http(s) URL."
        )
    return text.removeprefix("glance://")


def _is_url(given: str) -> bool:
    return given.startswith(("http://", "https://"))
