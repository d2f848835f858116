"""Which HTTP status each family of errors gets: one table for every service."""

from collections.abc import Mapping
from typing import Final

from bessemer.errors import (
    BessemerError,
    ChangedMeanwhile,
    Conflict,
    Forbidden,
    HardwareFailure,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    TooLarge,
    Transient,
    Unauthorized,
    Unavailable,
)

STATUS: Final[Mapping[type[BessemerError], int]] = {
    Invalid: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    Conflict: 409,
    ChangedMeanwhile: 412,
    TooLarge: 413,
    HardwareFailure: 500,
    Transient: 503,
    Unavailable: 503,
}


def status_of(error: BessemerError) -> int:
    """The nearest family's status; 500 for what has none."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
