"""Which columns a refused row clashes in, told alike for each database."""

import re
from typing import Final

from sqlalchemy.exc import IntegrityError

_SQLITE: Final = re.compile(r"UNIQUE constraint failed: (.+)")
_POSTGRESQL: Final = re.compile(r"Key \(([^)]+)\)=.* already exists", re.DOTALL)


def duplicated(error: IntegrityError) -> tuple[str, ...]:
    """The columns whose values another row has already; () for another constraint's refusal."""
    if found := _SQLITE.search(str(error.orig)):
        return tuple(each.rpartition(".")[2].strip() for each in found[1].split(","))
    detail = getattr(getattr(error.orig, "__cause__", None), "detail", None) or ""
    if found := _POSTGRESQL.match(detail):
        return tuple(each.strip(' "') for each in found[1].split(","))
    return ()
