"""One machine's power and boot order: what its buttons do, whoever presses them."""

import asyncio
import logging
import shutil
from enum import StrEnum
from typing import Final

from bessemer_lab.accelerator import Accelerator
from bessemer_lab.errors import LabError
from bessemer_lab.layout import MachineFiles
from bessemer_lab.machine import boot, command_line, qemu
from bessemer_lab.machine.boot import BootDevice
from bessemer_lab.machine.console import Console
from bessemer_lab.machine.faults import Fault
from bessemer_lab.rack import Firmware, MachineSpec

LOG = logging.getLogger(__name__)
OFF_TIME_S: Final = 1.0
"""How long a power cycle leaves the machine without power."""


class Power(StrEnum):
    """Whether the machine has power."""

    ON = "on"
    OFF = "off"


class Machine:
    """A machine that can be switched on and off; its power is on exactly while QEMU runs."""

    def __init__(
        self, spec: MachineSpec, files: MachineFiles, accelerator: Accelerator, console: Console
    ) -> None:
        self.spec = spec
        self.files = files
        self.console = console
        self.faults: frozenset[Fault] = frozenset()
        self.boot = boot.load(files.boot_choice)
        self.power = Power.OFF
        self.power_changed = asyncio.Condition()
        self._accelerator = accelerator
        self._qemu: qemu.Qemu | None = None
        self._life: asyncio.Task[None] | None = None
        self._leave_off = False
        self._buttons = asyncio.Lock()

    @property
    def firmware(self) -> Firmware:
        """The kind that it starts by."""
        return self.spec.firmware

    @property
    def pid(self) -> int | None:
        """QEMU's process id while the power is on."""
        return self._qemu.pid if self._qemu else None

    async def power_on(self) -> None:
        """Switch on and start from the ordered boot device; nothing happens if it is on."""
        if Fault.IGNORE_POWER_ON in self.faults:
            return
        async with self._buttons:
            await self._start()

    async def power_off(self) -> None:
        """Take the power away at once; nothing happens if it is off."""
        if Fault.IGNORE_POWER_OFF in self.faults:
            return
        async with self._buttons:
            await self._stop()

    async def cycle(self) -> None:
        """Take the power away for a second; nothing happens if it is off."""
        async with self._buttons:
            if self._qemu is not None:
                await self._stop()
                await asyncio.sleep(OFF_TIME_S)
                await self._start()

    async def power_cut(self) -> None:
        """Let QEMU die without warning, as by a power cut; nothing happens if it is off."""
        async with self._buttons:
            if self._qemu is not None and self._life is not None:
                self._qemu.process.kill()
                await self._life

    async def reset(self) -> None:
        """Start anew without taking the power away; nothing happens if it is off."""
        await self._tell("system_reset")

    async def soft_off(self) -> None:
        """Press the power button for a moment (ACPI): the operating system shuts down if it cares."""
        if Fault.IGNORE_SOFT_OFF not in self.faults:
            await self._tell("system_powerdown")

    async def interrupt(self) -> None:
        """Send a non-maskable interrupt to every CPU."""
        await self._tell("inject-nmi")

    async def set_boot_device(self, device: BootDevice | None, *, persistent: bool) -> None:
        """Boot from `device` next time, or from now on; None goes back to the machine's habit."""
        if Fault.IGNORE_BOOT_DEVICE not in self.faults:
            async with self._buttons:
                self._choose(self.boot.told(device, persistent=persistent))

    async def wait_for_power(self, power: Power) -> None:
        """Return once the power is as asked."""
        async with self.power_changed:
            await self.power_changed.wait_for(lambda: self.power is power)

    async def _tell(self, command: str) -> None:
        async with self._buttons:
            if self._qemu is not None:
                await self._qemu.execute(command)

    async def _start(self) -> None:
        if self.power is Power.ON:
            return
        await self._set_power(Power.ON)
        try:
            self._qemu = await self._launch()
        except LabError:
            await self._set_power(Power.OFF)
            raise
        self._life = asyncio.create_task(self._live(self._qemu))

    async def _launch(self) -> qemu.Qemu:
        LOG.info("start from %s", self.boot.next)
        self._prepare_nvram()
        started = await qemu.start(self._command_line, self.files.qemu_log)
        self._choose(self.boot.started())
        if Fault.NEVER_BOOTS not in self.faults:
            await started.execute("cont")
        return started

    def _command_line(self, wiring: command_line.Wiring) -> list[str]:
        start = boot.Start(self.boot.next, pxe=Fault.NO_PXE not in self.faults)
        return command_line.command_line(self.spec, self.files, start, self._accelerator, wiring)

    async def _stop(self) -> None:
        if self._qemu is not None and self._life is not None:
            self._leave_off = True
            await self._qemu.end()
            await self._life

    async def _live(self, running: qemu.Qemu) -> None:
        self._leave_off = False
        try:
            while (await self._run(running)).is_reset and not self._leave_off:
                self._qemu = running = await self._launch()
        except LabError as error:
            LOG.error("the machine could not start again: %s", error)
        self._qemu = None
        await self._set_power(Power.OFF)

    async def _run(self, running: qemu.Qemu) -> qemu.Ending:
        carrying = asyncio.create_task(self.console.attach(running.serial))
        if self._leave_off:
            await running.end()
        ending = await running.ended()
        await carrying
        if ending.status == 0:
            LOG.info("the machine ended: %s", ending.reason)
        else:
            LOG.error("QEMU died with status %d; see %s", ending.status, self.files.qemu_log)
        return ending

    def _choose(self, choice: boot.BootChoice) -> None:
        self.boot = choice
        boot.save(self.files.boot_choice, choice)

    async def _set_power(self, power: Power) -> None:
        async with self.power_changed:
            self.power = power
            self.power_changed.notify_all()

    def _prepare_nvram(self) -> None:
        if self.spec.firmware is Firmware.UEFI and not self.files.nvram.exists():
            shutil.copyfile(command_line.OVMF_VARS, self.files.nvram)
