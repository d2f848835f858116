"""How much work the rules of one inspection may make: whoever wrote them, it comes to an end soon."""

from typing import Final

from bessemer.errors import Invalid

MOST_OPERATIONS: Final = 10_000
MOST_CHARACTERS: Final = 4 * 1024 * 1024


class RuleFailed(Invalid):
    """A rule that cannot be carried out, or that wants the inspection to fail."""


class Budget:
    """Counts down operations, and characters of text made or looked through."""

    def __init__(
        self, operations: int = MOST_OPERATIONS, characters: int = MOST_CHARACTERS
    ) -> None:
        self._operations = operations
        self._characters = characters

    def operation(self) -> None:
        """One condition or action, once through its loop. Raises RuleFailed when it is too many."""
        self._operations -= 1
        if self._operations < 0:
            raise RuleFailed(
                f"the rules come to more than {MOST_OPERATIONS} operations; shorten their loops"
            )

    def text(self, text: str) -> str:
        """The text itself. Raises RuleFailed when it has become too much."""
        self._characters -= len(text)
        if self._characters < 0:
            raise RuleFailed(
                f"the rules handle more than {MOST_CHARACTERS} characters; let them look at less"
            )
        return text
