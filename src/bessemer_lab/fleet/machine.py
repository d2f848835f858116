"""A machine of a fleet: its power and boot orders, with nothing behind them."""

from collections.abc import Callable
from typing import Final

from bessemer_lab.machine.boot import BootChoice, BootDevice
from bessemer_lab.machine.faults import Fault
from bessemer_lab.machine.machine import Power
from bessemer_lab.rack import Firmware

NO_FAULTS: Final = frozenset[Fault]()


def _nobody(_: "FleetMachine") -> None:
    """Who is told of starts and stops when nobody cares."""


class FleetMachine:
    """Obeys at once. With `lag_s` its BMC goes on reporting the former power state for so long.

    `started` and `stopped` are called after a change; what is started from is in `running_from`.
    """

    __slots__ = (
        "_clock",
        "_is_on",
        "_lies_until",
        "boot",
        "faults",
        "interrupts",
        "lag_s",
        "running_from",
        "started",
        "stopped",
    )
    firmware: Final = Firmware.UEFI

    def __init__(
        self,
        clock: Callable[[], float],
        faults: frozenset[Fault] = NO_FAULTS,
        lag_s: float = 0.0,
    ) -> None:
        self._clock = clock
        self._is_on = False
        self._lies_until = float("-inf")
        self.boot = BootChoice()
        self.running_from: BootDevice | None = None
        self.faults = faults
        self.lag_s = lag_s
        self.interrupts = 0
        self.started: Callable[[FleetMachine], None] = _nobody
        self.stopped: Callable[[FleetMachine], None] = _nobody

    @property
    def is_on(self) -> bool:
        """The truth, whatever the BMC reports."""
        return self._is_on

    @property
    def power(self) -> Power:
        """What the BMC reports."""
        lies = self._clock() < self._lies_until
        return Power.ON if self._is_on is not lies else Power.OFF

    async def power_on(self) -> None:
        """Start from the ordered boot device; nothing happens if it is on."""
        if Fault.IGNORE_POWER_ON not in self.faults and not self._is_on:
            self._change(is_on=True)
            self._start()

    async def power_off(self) -> None:
        """Stop; nothing happens if it is off."""
        if Fault.IGNORE_POWER_OFF not in self.faults:
            self.go_off()

    async def cycle(self) -> None:
        """Stop and start; nothing happens if it is off."""
        await self.reset()

    async def reset(self) -> None:
        """Start anew; nothing happens if it is off."""
        if self._is_on:
            self.stopped(self)
            self._start()

    async def interrupt(self) -> None:
        """Count."""
        self.interrupts += 1

    async def soft_off(self) -> None:
        """As the operating system of such a machine obeys at once, the same as off."""
        if Fault.IGNORE_SOFT_OFF not in self.faults:
            self.go_off()

    async def set_boot_device(self, device: BootDevice | None, *, persistent: bool) -> None:
        """For the next start, or from now on."""
        if Fault.IGNORE_BOOT_DEVICE not in self.faults:
            self.boot = self.boot.told(device, persistent=persistent)

    def go_off(self) -> None:
        """By itself or by order."""
        if self._is_on:
            self._change(is_on=False)
            self.running_from = None
            self.stopped(self)

    def _change(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._lies_until = self._clock() + self.lag_s

    def _start(self) -> None:
        self.running_from = self.boot.next
        self.boot = self.boot.started()
        if Fault.NEVER_BOOTS not in self.faults:
            self.started(self)
