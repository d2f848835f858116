"""The ramdisk's kernel command line as checked words, never as text pasted together."""

import re
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.errors import Invalid

LONGEST_COMMAND_LINE: Final = 2048
"""Characters: COMMAND_LINE_SIZE of Linux on x86-64; the kernel drops what is beyond."""
ROOM_FOR_BOOTIF: Final = 64
_WORD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,:/=@%+~*!?\[\]-]*\Z")


@dataclass(frozen=True, slots=True)
class KernelParameters:
    """Words of a command line. Raises Invalid for one that could be read as anything else.

    The words end up in an iPXE script, where `${`, `;`, `&&`, `||`, `#` and line ends have a
    meaning, and in the kernel's own parser, where quotes have one.
    """

    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for word in self.words:
            if not _WORD.match(word):
                raise Invalid(
                    f"Kernel parameter {quoted(repr(word), 100)} is refused: a parameter begins "
                    "with a letter or digit and goes on with these or . , : / = @ % + ~ * ! ? [ ] -"
                )
        if len(str(self)) > LONGEST_COMMAND_LINE - ROOM_FOR_BOOTIF:
            raise Invalid(
                f"The ramdisk's kernel parameters have {len(str(self))} characters; the kernel "
                f"reads {LONGEST_COMMAND_LINE - ROOM_FOR_BOOTIF}. Shorten kernel_append_params."
            )

    @classmethod
    def parse(cls, text: str) -> "KernelParameters":
        """From one line of words between spaces. Raises Invalid."""
        return cls(tuple(word for word in text.split(" ") if word))

    def __add__(self, others: "KernelParameters") -> "KernelParameters":
        """Both, in this order: of a parameter that is given twice, the last one counts."""
        return KernelParameters(self.words + others.words)

    def __str__(self) -> str:
        return " ".join(self.words)
