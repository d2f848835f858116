"""The chassis commands of a BMC: power and boot options (IPMI 2.0, section 28)."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from operator import methodcaller
from typing import Any, Final, Protocol

from bessemer_lab.bmc import boot_flags
from bessemer_lab.bmc.answers import INVALID_FIELD, NOT_SUPPORTED, OK, Answer, Commands
from bessemer_lab.bmc.session import Session
from bessemer_lab.machine.boot import BootChoice, BootDevice
from bessemer_lab.machine.machine import Power
from bessemer_lab.rack import Firmware

LOG = logging.getLogger(__name__)
FLAGS_LIMIT_S: Final = 60.0
"""An order for one start lapses after this unless parameter 3 says otherwise: table 28-14."""


class Switchable(Protocol):
    """A machine as its chassis commands need it."""

    @property
    def power(self) -> Power:
        """What the BMC reports."""

    @property
    def boot(self) -> BootChoice:
        """The orders in force."""

    @property
    def firmware(self) -> Firmware:
        """Which kind it starts by."""

    async def power_off(self) -> None:
        """At once."""

    async def power_on(self) -> None:
        """From the ordered boot device."""

    async def cycle(self) -> None:
        """Off for a moment, if it is on."""

    async def reset(self) -> None:
        """Anew, if it is on."""

    async def interrupt(self) -> None:
        """A non-maskable interrupt."""

    async def soft_off(self) -> None:
        """Ask the operating system."""

    async def set_boot_device(self, device: BootDevice | None, *, persistent: bool) -> None:
        """For the next start, or from now on; None withdraws."""


# Section 28.3, Chassis Control.
ORDERS: Final[dict[int, Callable[[Switchable], Coroutine[Any, Any, None]]]] = {
    0: methodcaller("power_off"),
    1: methodcaller("power_on"),
    2: methodcaller("cycle"),
    3: methodcaller("reset"),
    4: methodcaller("interrupt"),
    5: methodcaller("soft_off"),
}


class Chassis:
    """Acknowledges orders at once, as BMCs do, and carries them out one after the other."""

    def __init__(self, machine: Switchable) -> None:
        self.machine = machine
        self.commands: Commands = {
            (0x00, 0x01): self._status,
            (0x00, 0x02): self._control,
            (0x00, 0x08): self._set_boot_option,
            (0x00, 0x09): self._get_boot_option,
        }
        self._orders: set[asyncio.Task[None]] = set()
        self._keep_flags = False
        self._lapse: asyncio.TimerHandle | None = None

    def _status(self, _data: bytes, _session: Session) -> Answer:
        return OK, bytes([1 if self.machine.power is Power.ON else 0, 0, 0])

    def _control(self, data: bytes, _session: Session) -> Answer:
        order = ORDERS.get(data[0] & 0x0F)
        if order is None:
            return INVALID_FIELD, b""
        self._cancel_lapse()
        return self._order(order(self.machine))

    def _set_boot_option(self, data: bytes, _session: Session) -> Answer:
        parameter, value = data[0] & 0x7F, data[1:]
        if parameter == boot_flags.BOOT_FLAGS:
            return self._set_boot_flags(value)
        if parameter == boot_flags.VALID_BIT_CLEARING:
            self._keep_flags = bool(value[0] & boot_flags.KEEP_AFTER_TIMEOUT)
        elif parameter not in (boot_flags.SET_IN_PROGRESS, boot_flags.INFO_ACKNOWLEDGE):
            return NOT_SUPPORTED, b""
        return OK, b""

    def _set_boot_flags(self, value: bytes) -> Answer:
        try:
            flags = boot_flags.decode(value)
        except ValueError as error:
            LOG.warning("refused boot flags %s: %s", value.hex(), error)
            return INVALID_FIELD, b""
        self._cancel_lapse()
        if flags.device and not flags.persistent and not self._keep_flags:
            loop = asyncio.get_running_loop()
            self._lapse = loop.call_later(FLAGS_LIMIT_S, self._flags_lapse)
        return self._order(self.machine.set_boot_device(flags.device, persistent=flags.persistent))

    def _get_boot_option(self, data: bytes, _session: Session) -> Answer:
        uefi = self.machine.firmware is Firmware.UEFI
        keep = boot_flags.KEEP_AFTER_TIMEOUT if self._keep_flags else 0
        values = {
            boot_flags.SET_IN_PROGRESS: bytes(1),
            boot_flags.VALID_BIT_CLEARING: bytes([keep]),
            boot_flags.INFO_ACKNOWLEDGE: bytes(2),
            boot_flags.BOOT_FLAGS: boot_flags.encode(self.machine.boot, uefi=uefi),
        }
        parameter = data[0] & 0x7F
        if parameter not in values:
            return NOT_SUPPORTED, b""
        return OK, bytes([1, parameter]) + values[parameter]

    def _order(self, work: Coroutine[Any, Any, None]) -> Answer:
        task = asyncio.ensure_future(work)
        self._orders.add(task)
        task.add_done_callback(self._ordered)
        return OK, b""

    def _ordered(self, task: asyncio.Task[None]) -> None:
        self._orders.discard(task)
        if not task.cancelled() and (error := task.exception()):
            LOG.error("an order failed: %s", error)

    def _cancel_lapse(self) -> None:
        if self._lapse is not None:
            self._lapse.cancel()
            self._lapse = None

    def _flags_lapse(self) -> None:
        LOG.info("the boot device for one start has lapsed unused")
        self._order(self.machine.set_boot_device(self.machine.boot.always, persistent=True))
