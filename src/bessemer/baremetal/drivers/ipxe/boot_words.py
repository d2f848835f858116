"""What may stand in a boot loader's configuration: single words and URLs, checked by pattern."""

import re
from typing import Final

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.errors import Invalid

URL: Final = re.compile(r"https?://[A-Za-z0-9_.,:/=@%+~*!?&\[\]-]+\Z")
WORD: Final = re.compile(r"[A-Za-z0-9_.:-]+\Z")
FILE: Final = re.compile(r"[A-Za-z0-9_./-]+\Z")


def checked(pattern: re.Pattern[str], text: str) -> str:
    """The text itself. Raises Invalid when it could be read as anything but what `pattern` says."""
    if not pattern.match(text):
        raise Invalid(f"{quoted(repr(text), 100)} cannot be put into a boot script.")
    return text
