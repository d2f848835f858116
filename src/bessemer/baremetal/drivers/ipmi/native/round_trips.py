"""When to send again: the round trips of one BMC, as TCP measures them (RFC 6298). Pure."""

from typing import Final

FIRST_S: Final = 1.0
LEAST_S: Final = 0.3
MOST_S: Final = 8.0


class RoundTrips:
    """Call `took` with answers to what was sent once only (Karn's algorithm)."""

    __slots__ = ("_smoothed_s", "_variation_s")

    def __init__(self) -> None:
        self._smoothed_s: float | None = None
        self._variation_s = 0.0

    def took(self, elapsed_s: float) -> None:
        """One round trip."""
        if self._smoothed_s is None:
            self._smoothed_s, self._variation_s = elapsed_s, elapsed_s / 2
            return
        self._variation_s += (abs(self._smoothed_s - elapsed_s) - self._variation_s) / 4
        self._smoothed_s += (elapsed_s - self._smoothed_s) / 8

    def patience_s(self, sending: int) -> float:
        """How long to wait for the answer after the sending of this number, from 0 on."""
        first_s = FIRST_S
        if self._smoothed_s is not None:
            first_s = max(LEAST_S, self._smoothed_s + 4 * self._variation_s)
        return float(min(MOST_S, first_s * 2**sending))
