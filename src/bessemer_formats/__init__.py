"""Disk image formats and partition tables: pure functions over `read_at`, no input or output."""

from bessemer_formats.facts import (
    DEFAULT_PERMITTED,
    ImageFacts,
    ImageFormat,
    ReadAt,
    UnsafeImage,
    check_allowed,
)
from bessemer_formats.inspection import inspect

__all__ = [
    "DEFAULT_PERMITTED",
    "ImageFacts",
    "ImageFormat",
    "ReadAt",
    "UnsafeImage",
    "check_allowed",
    "inspect",
]
