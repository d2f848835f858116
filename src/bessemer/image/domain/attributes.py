"""Which attributes an image has, what a client may set, and the values they take.

Source: Glance's API reference v2 and its schema document (`/v2/schemas/image`).
"""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from bessemer.errors import Forbidden, Invalid, TooLarge
from bessemer.image.domain.image import Visibility

DISK_FORMATS: Final = (
    *("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "ploop", "iso", "gpt"),
)
CONTAINER_FORMATS: Final = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
OPAQUE_FORMATS: Final = frozenset({"aki", "ari"})
"""Kernels and ramdisks: never written to a disk, and in whatever format their loader likes."""
MAX_NAME: Final = 255
MAX_VALUE: Final = 65_535
MAX_PROPERTIES: Final = 128
MAX_TAGS: Final = 128
MAX_INTEGER: Final = 2**31 - 1
READ_ONLY: Final = frozenset(
    {
        *("status", "size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value"),
        *("created_at", "updated_at", "self", "file", "schema", "direct_url", "locations"),
        "status_detail",
    }
)


def _name(name: str, value: Any) -> str | None:
    return None if value is None else text(name, value, MAX_NAME)


def text(name: str, value: Any, limit: int) -> str:
    """The value if it is text that may be stored. Raises Invalid."""
    if not isinstance(value, str):
        raise Invalid(f"Attribute {name} must be a string, not {value!r:.40}.")
    if len(value) > limit:
        raise Invalid(f"Attribute {name} is longer than {limit} characters.")
    if "\0" in value:
        raise Invalid(f"Attribute {name} holds a null character.")
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[str, Any], str | None]:
    def parse(name: str, value: Any) -> str | None:
        if value is not None and value not in words:
            raise Invalid(f"Attribute {name} must be one of {', '.join(words)}.")
        return None if value is None else str(value)

    return parse


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"Attribute {name} must be true or false.")
    return value


def _amount(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INTEGER:
        raise Invalid(f"Attribute {name} must be a whole number from 0 to {MAX_INTEGER}.")
    return value


def _visibility(name: str, value: Any) -> Visibility:
    if value not in tuple(Visibility):
        raise Invalid(f"Attribute {name} must be one of {', '.join(Visibility)}.")
    return Visibility(value)


def _tags(name: str, value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise Invalid(f"Attribute {name} must be a list of strings.")
    found = frozenset(text("tag", item, MAX_NAME) for item in value)
    if len(found) > MAX_TAGS:
        raise TooLarge(f"An image has at most {MAX_TAGS} tags.")
    return found


def image_id(value: Any) -> str:
    """An id that the client chose. Raises Invalid for anything but a UUID."""
    try:
        if re.fullmatch(r"[0-9a-fA-F-]{36}", value):
            return str(uuid.UUID(value))
    except (TypeError, ValueError):
        pass
    raise Invalid("Attribute id must be a UUID.")


# name on the wire -> (field of Image, parser)
SETTABLE: Final[Mapping[str, tuple[str, Callable[[str, Any], Any]]]] = {
    "name": ("name", _name),
    "visibility": ("visibility", _visibility),
    "protected": ("protected", _truth),
    "os_hidden": ("hidden", _truth),
    "disk_format": ("disk_format", _one_of(DISK_FORMATS)),
    "container_format": ("container_format", _one_of(CONTAINER_FORMATS)),
    "min_disk": ("min_disk", _amount),
    "min_ram": ("min_ram", _amount),
    "owner": ("owner", _name),
    "tags": ("tags", _tags),
}


def parse_attribute(name: str, value: Any) -> tuple[str, Any]:
    """(field of Image, value). Raises Forbidden for a read-only attribute, Invalid for a bad value."""
    if name in READ_ONLY or name == "id":
        raise Forbidden(f"Attribute '{name}' is read-only.")
    field, parse = SETTABLE[name]
    return field, parse(name, value)


def parse_property(name: str, value: Any) -> str:
    """The value of a property of the client's own. Raises Invalid."""
    text("name of a property", name, MAX_NAME)
    if not name or name.startswith("os_glance"):
        raise Invalid(f"A property cannot be called {name!r}.")
    return text(name, value, MAX_VALUE)


def is_property(name: str) -> bool:
    """True for what is neither a settable nor a read-only attribute."""
    return name not in SETTABLE and name not in READ_ONLY and name != "id"


def check_properties(properties: Mapping[str, str]) -> None:
    """Raises TooLarge for more than MAX_PROPERTIES."""
    if len(properties) > MAX_PROPERTIES:
        raise TooLarge(f"An image has at most {MAX_PROPERTIES} properties of its own.")
