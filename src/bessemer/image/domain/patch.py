"""Applies a JSON patch to an image (media type application/openstack-images-v2.1-json-patch).

RFC 6902's add, replace and remove, with paths of one element, as Glance's API reference has it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bessemer.errors import Conflict, Forbidden, Invalid
from bessemer.image.domain.attributes import (
    READ_ONLY,
    SETTABLE,
    check_properties,
    is_property,
    parse_attribute,
    parse_property,
)
from bessemer.image.domain.image import Image, Status

MAX_OPERATIONS: Final = 1000
_FORMATS: Final = frozenset({"disk_format", "container_format"})


def patched(image: Image, operations: Sequence[Any]) -> Image:
    """The image after all operations. Raises Invalid, Forbidden, or Conflict; then nothing applies."""
    if len(operations) > MAX_OPERATIONS:
        raise Invalid(f"A patch has at most {MAX_OPERATIONS} operations.")
    for operation in operations:
        image = _applied(image, operation)
    check_properties(image.properties)
    return image


def _applied(image: Image, operation: Any) -> Image:
    if not isinstance(operation, dict):
        raise Invalid("Each element of a patch must be an object.")
    name = _name(operation.get("path"))
    verb = operation.get("op")
    if verb not in ("add", "replace", "remove"):
        raise Invalid("Only the operations add, replace and remove are known.")
    if verb != "remove" and "value" not in operation:
        raise Invalid(f"The operation {verb} on {name} lacks its value.")
    if is_property(name):
        return _with_property(image, verb, name, operation.get("value"))
    if verb == "remove":
        _refuse_removal(name)
    if name in _FORMATS and image.status not in (Status.QUEUED, Status.KILLED):
        raise Forbidden(f"Attribute '{name}' cannot be changed once the image has data.")
    field, value = parse_attribute(name, operation["value"])
    changed: Image = replace(image, **{field: value})
    return changed


def _refuse_removal(name: str) -> None:
    if name in READ_ONLY or name == "id":
        raise Forbidden(f"Attribute '{name}' is read-only.")
    if name in SETTABLE:
        raise Forbidden(f"Attribute '{name}' may not be removed.")


def _name(path: Any) -> str:
    """The element of a JSON pointer (RFC 6901). Raises Invalid for deeper ones."""
    if not isinstance(path, str) or not path.startswith("/") or path.count("/") > 1 or path == "/":
        raise Invalid(f"The path {path!r:.60} is not of the form /attribute.")
    return path[1:].replace("~1", "/").replace("~0", "~")


def _with_property(image: Image, verb: str, name: str, value: Any) -> Image:
    if verb != "add" and name not in image.properties:
        raise Conflict(f"Property {name} does not exist.")
    kept = {key: text for key, text in image.properties.items() if key != name}
    if verb != "remove":
        kept[name] = parse_property(name, value)
    return replace(image, properties=kept)
