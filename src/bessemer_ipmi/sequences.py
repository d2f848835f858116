"""Session sequence numbers: which packets are new (section 6.12.13)."""

from typing import Final

AHEAD: Final = 15
BEHIND: Final = 16
_LARGEST: Final = 0xFFFF_FFFF
_SEEN: Final = (1 << BEHIND + 1) - 1


def after(number: int) -> int:
    """The next number; 0 is for packets outside sessions, so it is left out."""
    return number + 1 if number < _LARGEST else 1


class Window:
    """Takes each number once: up to 15 above the highest taken, up to 16 below it.

    Everything else is a duplicate, a replay, or too late, and is to be dropped silently. The first
    packet sets the place: not every BMC begins at 1.
    """

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest: int | None = None
        self._seen = 0
        """Bit n: the number n below the highest was taken."""

    def take(self, number: int) -> bool:
        """Whether a packet of this number is to be looked at; it must have been authenticated."""
        ahead = number - (number if self._highest is None else self._highest)
        if not number or not -BEHIND <= ahead <= AHEAD:
            return False
        if ahead > 0 or self._highest is None:
            self._highest, self._seen = number, (self._seen << ahead | 1) & _SEEN
            return True
        if self._seen >> -ahead & 1:
            return False
        self._seen |= 1 << -ahead
        return True
