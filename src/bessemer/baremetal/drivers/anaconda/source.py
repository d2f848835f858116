"""What is to be installed, and by which installer: out of instance_info and the image's properties."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.drivers.direct.image_source import users_checksum
from bessemer.baremetal.drivers.ipxe.boot_config import is_url
from bessemer.baremetal.drivers.ramdisk.image import place
from bessemer.context import RequestContext
from bessemer.errors import Invalid
from bessemer.image.public import ImageService

_INSTALLER: Final = ("kernel", "ramdisk", "stage2")
_SUFFIXES: Final = (
    *(".img", ".tar", ".tbz", ".tgz", ".txz"),
    *(".tar.gz", ".tar.bz2", ".tar.xz"),
)
_REPOSITORY: Final = re.compile(r"https?://[A-Za-z0-9_.,:/=@%+~\[\]-]+/\Z")
"""It stands in a kickstart file and on a kernel's command line: no quotes, blanks, `$`, `&`, `;`."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Places are an image's id or an http(s) URL each. Either `image` or `repository` is given."""

    kernel: str
    ramdisk: str
    stage2: str | None
    image: str | None
    suffix: str
    """By which the installer knows what kind of file the image is."""
    sha256: str | None
    repository: str | None
    template: str | None
    """None: that of the settings."""


def named(info: Mapping[str, Any]) -> dict[str, str]:
    """What instance_info itself says, checked. Raises Invalid, naming all that is missing."""
    keys = ("image_source", *_INSTALLER, "ks_template")
    given = {key: place(key, info[key]) for key in keys if info.get(key)}
    source = given.get("image_source")
    if source is None:
        raise Invalid(
            "instance_info has no image_source: set it to an image with kernel_id, ramdisk_id and "
            "stage2_id, to the http(s) URL of an image, or to that of a repository, which ends "
            "with a slash."
        )
    if not is_url(source):
        return given
    if source.endswith("/"):
        if not _REPOSITORY.match(source):
            raise Invalid(
                f"The repository's URL {quoted(source, 200)!r} cannot be put into a kickstart file: "
                "it may have letters, digits and _.,:/=@%+~-"
            )
        _check_named(given, ("kernel", "ramdisk"), "a repository's URL")
    else:
        _check_named(given, _INSTALLER, "an image's URL")
        _suffix(source)
    return given


async def found(
    info: Mapping[str, Any], images: ImageService, context: RequestContext
) -> Installation:
    """All of it; images are there. Raises Invalid, NotFound, Conflict."""
    given = named(info)
    source = given["image_source"]
    if is_url(source):
        return await _of_url(source, given, info, images, context)
    view = await images.get_image(context, source)
    if view.disk_format != "raw":
        raise Invalid(
            f"Image {quoted(view.name, 80)!r} ({view.id}) is {view.disk_format}: installers take a "
            "raw image of a file system, or a tar archive uploaded as raw."
        )
    names = {**{f"{key}_id": key for key in _INSTALLER}, "ks_template": "ks_template"}
    own = {
        key: place(name, view.properties[name])
        for name, key in names.items()
        if view.properties.get(name)
    }
    known = {**own, **given}
    missing = [f"{key}_id" for key in _INSTALLER if key not in known]
    if missing:
        raise Invalid(
            f"Image {quoted(view.name, 80)!r} ({view.id}) lacks {', '.join(missing)}: set them to "
            "the ids of the images that hold the installer's kernel, ramdisk and second stage, or "
            "name these in instance_info: " + ", ".join(_INSTALLER) + "."
        )
    extension = str(view.properties.get("disk_file_extension") or ".img")
    return Installation(
        **{key: await _there(known[key], images, context) for key in _INSTALLER},
        image=view.id,
        suffix=_suffix(extension),
        sha256=view.os_hash_value if view.os_hash_algo == "sha256" else None,
        repository=None,
        template=known.get("ks_template"),
    )


async def _of_url(
    source: str,
    given: Mapping[str, str],
    info: Mapping[str, Any],
    images: ImageService,
    context: RequestContext,
) -> Installation:
    places = {key: await _there(given[key], images, context) for key in _INSTALLER if key in given}
    is_repository = source.endswith("/")
    checksum = None if is_repository else users_checksum(info)
    return Installation(
        kernel=places["kernel"],
        ramdisk=places["ramdisk"],
        stage2=places.get("stage2"),
        image=None if is_repository else source,
        suffix="" if is_repository else _suffix(source),
        sha256=checksum.value if checksum and checksum.algorithm == "sha256" else None,
        repository=source if is_repository else None,
        template=given.get("ks_template"),
    )


async def _there(known: str, images: ImageService, context: RequestContext) -> str:
    return known if is_url(known) else (await images.get_image(context, known)).id


def _check_named(given: Mapping[str, str], keys: tuple[str, ...], what: str) -> None:
    missing = [key for key in keys if key not in given]
    if missing:
        raise Invalid(
            f"image_source is {what}, which does not tell the installer: instance_info lacks "
            f"{', '.join(missing)}."
        )


def _suffix(name: str) -> str:
    """The longest that is known. Raises Invalid."""
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        if name.partition("?")[0].endswith(suffix):
            return suffix
    raise Invalid(
        f"{quoted(name, 200)!r} does not end with what the installer knows an image by; possible: "
        f"{', '.join(_SUFFIXES)}."
    )
