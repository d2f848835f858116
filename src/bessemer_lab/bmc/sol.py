"""Serial over LAN, the BMC's side (IPMI 2.0, section 15.9): packets, acknowledgements, resending."""

import asyncio
from collections.abc import Callable
from typing import Final

LARGEST: Final = 200
"""Characters in one packet; within what Activate Payload promises."""
RETRY_S: Final = 0.5
MOST_TRIES: Final = 8
MOST_WAITING: Final = 1 << 18
NACK: Final = 0x40


class SerialOverLan:
    """One client's view of the console; ends itself when the client stops answering."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        type_in: Callable[[bytes], None],
        closed: Callable[[], None],
    ) -> None:
        self._send = send
        self._type_in = type_in
        self._closed = closed
        self._waiting = bytearray()
        self._unacknowledged = b""
        self._sequence = 0
        self._last_received = 0
        self._timer: asyncio.TimerHandle | None = None

    def said(self, data: bytes) -> None:
        """The machine said `data`; what a slow client cannot take is dropped, oldest first."""
        self._waiting += data
        del self._waiting[:-MOST_WAITING]
        self._pump()

    def received(self, payload: bytes) -> None:
        """A packet of the client: characters, an acknowledgement, or both."""
        if len(payload) < 4:
            return
        sequence, acknowledged, accepted, status = payload[0] & 15, payload[1] & 15, *payload[2:4]
        if acknowledged and acknowledged == self._sequence and self._unacknowledged:
            self._acknowledged(accepted, refused=bool(status & NACK))
        if sequence:
            text = bytes(payload[4:])
            if sequence != self._last_received and text:
                self._type_in(text)
            self._last_received = sequence
            self._send(bytes([0, sequence, len(text), 0]))

    def close(self) -> None:
        """Say and hear nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._closed()

    def _acknowledged(self, accepted: int, *, refused: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if refused:
            self._waiting[:0] = self._unacknowledged[accepted:]
        self._unacknowledged = b""
        self._pump()

    def _pump(self) -> None:
        if self._waiting and not self._unacknowledged:
            self._unacknowledged = bytes(self._waiting[:LARGEST])
            del self._waiting[:LARGEST]
            self._sequence = self._sequence % 15 + 1
            self._transmit(1)

    def _transmit(self, attempt: int) -> None:
        if attempt > MOST_TRIES:
            self.close()
            return
        self._send(bytes([self._sequence, 0, 0, 0]) + self._unacknowledged)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(RETRY_S, self._transmit, attempt + 1)
