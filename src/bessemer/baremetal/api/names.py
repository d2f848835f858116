"""Names that stand in paths in place of a uuid."""

import re
from typing import Final

from bessemer.baremetal.api.values import is_uuid, ruled, text
from bessemer.errors import Invalid
from bessemer.json_types import Json

_NAME: Final = re.compile(r"[A-Za-z0-9._~-]{1,255}\Z")

RESERVED: Final = frozenset({"detail"})
"""Words that mean something else where a name would stand."""


@ruled({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9._~-]+$"})
def logical_name(name: str, value: Json) -> Json:
    """Letters, digits and `-._~` (RFC 3986, unreserved characters), and no uuid."""
    word = str(text(255, least=1)(name, value))
    if not _NAME.match(word):
        raise Invalid(f"{name} is made of letters, digits, '-', '.', '_' and '~' only.")
    if is_uuid(word):
        raise Invalid(f"{name} must not look like a UUID.")
    if word in RESERVED:
        raise Invalid(f"{name} {word!r} is a reserved word of this API.")
    return word
