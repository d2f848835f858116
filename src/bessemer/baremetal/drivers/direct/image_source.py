"""Finds the instance's image, checks that it can be written, and says from where to pull it."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.ramdisk_network import find_listener
from bessemer.baremetal.drivers.agent.words import GIB, quoted
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid
from bessemer.image.public import ImageService, ImageView
from bessemer.network.public import NetworkService
from bessemer_wire import Checksum, Malformed
from bessemer_wire.image import ALGORITHM_OF_LENGTH

WRITABLE: Final = ("raw", "qcow2")
"""Disk formats that agents write. Anything else could make a converter open other files."""

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PLAIN_URL: Final = re.compile(r"[!-~]+\Z")
_IDENTITY_KEYS: Final = ("image_checksum", "image_os_hash_algo", "image_os_hash_value")


class ImageSource:
    """From `instance_info.image_source` to what the agent needs."""

    def __init__(
        self, images: ImageService, network: NetworkService, settings: BareMetalSettings
    ) -> None:
        self._images = images
        self._network = network
        self._settings = settings

    async def resolve(self, task: Task) -> dict[str, Any]:
        """The node's instance_info with image_url, checksum, format and type filled in.

        Raises Invalid, NotFound, Conflict, NetworkError.
        """
        info = task.node.instance_info
        source = image_source(info)
        if is_users(info):
            return {**info, **described_by_user(info)}
        ident = source.removeprefix("glance://")
        view = await self._images.get_image(task.context, ident)
        check_image(view, task.node)
        listener = await find_listener(task, self._network, self._settings, Purpose.PROVISIONING)
        url = await self._images.temporary_url(
            task.context,
            view.id,
            base_url=listener.url,
            lifetime=self._settings.image_url_lifetime,
        )
        return {**_without_identity(info), **described_by_service(view), "image_url": url}


def is_users(info: Mapping[str, Any]) -> bool:
    """Whether the image is behind a URL of a user's, and not in the image service."""
    return str(info.get("image_source")).startswith(("http://", "https://"))


def image_source(info: Mapping[str, Any]) -> str:
    """The source. Raises Invalid when there is none, or it is of a kind that is not served."""
    source = info.get("image_source")
    if not isinstance(source, str) or not source:
        raise Invalid(
            "instance_info has no image_source: set it to an image's id or name, or to an http(s) "
            "URL together with image_os_hash_algo and image_os_hash_value."
        )
    scheme = _SCHEME.match(source)
    if scheme and scheme[1] not in ("http", "https", "glance"):
        raise Invalid(
            f"image_source {quoted(source, 200)!r}: images are not taken from {scheme[1]}:// "
            "addresses. Use an image's id or name, glance://<id>, or an http(s) URL."
        )
    if info.get("image_type") == "partition":
        raise Invalid(
            "image_type is partition: only whole-disk images can be written. Build the image with "
            "its own partition table and boot loader, and set image_type to whole-disk."
        )
    return source


def described_by_user(info: Mapping[str, Any]) -> dict[str, Any]:
    """instance_info's outputs for an http(s) URL. Raises Invalid without a usable checksum."""
    source = str(info["image_source"])
    if not _PLAIN_URL.match(source) or not urlsplit(source).hostname:
        raise Invalid(f"image_source {quoted(source, 200)!r} is not a well-formed http(s) URL.")
    checksum = users_checksum(info)
    disk_format = info.get("image_disk_format")
    if disk_format is not None:
        _check_format(str(disk_format), "image_disk_format")
    return {
        "image_url": source,
        "image_os_hash_algo": checksum.algorithm,
        "image_os_hash_value": checksum.value,
        "image_type": "whole-disk",
    }


def users_checksum(info: Mapping[str, Any]) -> Checksum:
    """The pair os_hash wins over the bare checksum. Raises Invalid when neither is usable."""
    algorithm, value = info.get("image_os_hash_algo"), info.get("image_os_hash_value")
    bare = str(info.get("image_checksum") or "").strip().lower()
    if bare.startswith(("http://", "https://")):
        raise Invalid("image_checksum must be the checksum itself, not the URL of one.")
    if not (algorithm and value):
        algorithm, value = ALGORITHM_OF_LENGTH.get(len(bare)), bare
    if not algorithm or not value:
        raise Invalid(
            "image_source is a URL, and instance_info has no checksum for it. Set "
            "image_os_hash_algo (sha256 or sha512) and image_os_hash_value."
        )
    try:
        checksum = Checksum(str(algorithm), str(value).strip().lower())
    except Malformed as error:
        raise Invalid(f"The image's checksum in instance_info: {error}.") from error
    if checksum.algorithm == "md5":
        raise Invalid(
            "The image's checksum is md5, which protects against nothing. Set image_os_hash_algo "
            "(sha256 or sha512) and image_os_hash_value."
        )
    return checksum


def check_image(view: ImageView, node: Node) -> None:
    """Raises Invalid for an image that cannot become this node's disk."""
    what = f"Image {quoted(view.name or view.id, 100)}"
    if view.status != "active":
        raise Invalid(f"{what} is {view.status}, not active: upload its data first.")
    _check_format(view.disk_format, what)
    of_parts = view.properties.get("kernel_id") and view.properties.get("ramdisk_id")
    if of_parts or view.properties.get("img_type") == "partition":
        raise Invalid(f"{what} is a partition image; only whole-disk images can be written.")
    if not (view.os_hash_algo and view.os_hash_value):
        raise Invalid(f"{what} has no os_hash_algo and os_hash_value: upload it again.")
    _check_size(what, _written_size(view), node)


def described_by_service(view: ImageView) -> dict[str, Any]:
    """instance_info's outputs for an image of the image service, but for its URL."""
    return {
        "image_disk_format": view.disk_format,
        "image_container_format": view.container_format or "bare",
        "image_os_hash_algo": view.os_hash_algo,
        "image_os_hash_value": view.os_hash_value,
        "image_type": "whole-disk",
    }


def image_info(node: Node) -> dict[str, Any]:
    """Parameter `image_info` of the agent's write_image and prepare_image, from instance_info."""
    info = node.instance_info
    url = info.get("image_url")
    raw = info.get("image_disk_format") == "raw"
    known = {
        "id": str(info.get("image_source", "")).rpartition("/")[2] or node.uuid,
        "urls": [url.reveal() if isinstance(url, Secret) else url],
        "disk_format": info.get("image_disk_format"),
        "container_format": info.get("image_container_format"),
        "os_hash_algo": info.get("image_os_hash_algo"),
        "os_hash_value": info.get("image_os_hash_value"),
        "image_type": info.get("image_type"),
        "node_uuid": node.uuid,
        "stream_raw_images": True if raw else None,
    }
    return {key: value for key, value in known.items() if value is not None}


def _without_identity(info: Mapping[str, Any]) -> dict[str, Any]:
    """A checksum of some earlier image must not outlive it."""
    return {key: value for key, value in info.items() if key not in _IDENTITY_KEYS}


def _check_format(disk_format: str | None, what: str) -> None:
    if disk_format not in WRITABLE:
        raise Invalid(
            f"{what}: disk format {quoted(str(disk_format), 40)!r} cannot be written to a disk; "
            f"possible: {', '.join(WRITABLE)}. Convert it, for instance with "
            "`qemu-img convert -O qcow2`."
        )


def _written_size(view: ImageView) -> int:
    return view.virtual_size or (view.size if view.disk_format == "raw" else None) or 0


def _check_size(what: str, size: int, node: Node) -> None:
    try:
        local_gb = int(node.properties.get("local_gb") or 0)
    except (TypeError, ValueError):
        raise Invalid(
            f"properties.local_gb is {quoted(str(node.properties['local_gb']), 40)!r}; it must be "
            "a whole number of GiB."
        ) from None
    # Inspection leaves one GiB out and rounds down, so the disk may hold up to two more. The agent,
    # which sees the disk, has the last word.
    if local_gb and size > (local_gb + 2) * GIB:
        raise Invalid(
            f"{what} needs {size / GIB:.1f} GiB of disk, and node {node.name or node.uuid} has "
            f"{local_gb} GiB (properties.local_gb). Take a smaller image or a bigger machine."
        )
