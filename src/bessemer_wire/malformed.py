"""What is raised when a message does not have the shape that the protocol gives it."""

from typing import Any


class Malformed(ValueError):
    """A message lacks a field or has one of the wrong type; the text names it."""


def text_field(body: dict[str, Any], name: str) -> str:
    """A required, non-empty string. Raises Malformed."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name!r} must be a non-empty string, not {value!r}")
    return value


def optional_text(body: dict[str, Any], name: str) -> str | None:
    """A string, or None when absent or null. Raises Malformed."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{name!r} must be a string, not {value!r}")
    return value


def object_field(body: dict[str, Any], name: str) -> dict[str, Any]:
    """A JSON object; empty when absent or null. Raises Malformed."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{name!r} must be an object, not {value!r}")
    return value
