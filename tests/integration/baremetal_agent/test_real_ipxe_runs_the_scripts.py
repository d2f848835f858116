"""A virtual machine's own iPXE fetches the script, understands it, and does what it says."""

import asyncio
import uuid
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.integration.agent.agent_process import free_port
from tests.iscsi_target import USER, a_boot_disk, iscsi_target
from tests.live_server import serving

from bessemer.baremetal.domain.san import SanBoot, SanVolume
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.script import RETRY_S
from bessemer.baremetal.drivers.ipxe.service import ramdisk_boot_service
from bessemer.baremetal.drivers.users_urls import Bounds
from bessemer.errors import Unauthorized
from bessemer.network.settings import LentAddresses
from bessemer.web.dispatch import application

MIB = 1 << 20
INITIATOR = "iqn.2026-11.test:machine"
MAC = "52:54:00:12:34:56"
UUID = "11111111-2222-3333-4444-555555555555"
HOST_SEEN_BY_THE_MACHINE = "10.0.2.2"
AN_ISO = Path("/usr/lib/ipxe/ipxe.iso")
A_KERNEL = Path("/usr/lib/ipxe/ipxe.lkrn")
"""A kernel by its format. Started, it does not know these parameters and stops at its own prompt."""
PATIENCE_S = 60
LONGER_THAN_A_RETRY_S = RETRY_S + 2


async def nobody(headers, request_id):
    raise Unauthorized("nobody may log in here")


async def no_program(_name):
    return None


class BootDesk:
    """Hands out one configuration, and writes down who asked for what."""

    def __init__(self):
        self.config = None
        self.images = {}
        self.asked = []
        self._changed = asyncio.Condition()

    async def find(self, ident, listener):
        async with self._changed:
            self.asked.append(ident)
            self._changed.notify_all()
        return self.images.get(ident, self.config)

    async def link_to(self, image_id, listener):
        """The image service's part: these images are kernels of other nodes."""
        return f"{listener}/boot/files/{image_id}/kernel"

    async def until_asked_again(self):
        async with self._changed:
            await self._changed.wait()

    async def until_asked(self, *expected):
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.asked) >= len(expected))
        assert self.asked[: len(expected)] == list(expected)


@asynccontextmanager
async def a_booting_machine(desk, serial="none", script=f"/boot/ipxe/{MAC}"):
    """Its network card's iPXE gets the script's address by DHCP (QEMU's own), as from us."""
    service = ramdisk_boot_service(desk.find, desk.link_to, no_program, Bounds())
    async with serving(application([service], nobody)) as url:
        port = url.rpartition(":")[2]
        listener = f"http://{HOST_SEEN_BY_THE_MACHINE}:{port}"
        machine = await asyncio.create_subprocess_exec(
            *("qemu-system-x86_64", "-accel", "tcg", "-m", "256", "-display", "none"),
            *("-serial", serial, "-no-reboot", "-boot", "order=n,reboot-timeout=10"),
            *("-netdev", f"user,id=n,bootfile={listener}{script}"),
            *("-device", f"virtio-net-pci,netdev=n,mac={MAC}"),
        )
        try:
            yield listener, machine
        finally:
            if machine.returncode is None:
                machine.kill()
            await machine.wait()


def a_config(listener, kernel, tmp_path):
    ramdisk = tmp_path.resolve() / "initramfs"
    ramdisk.write_bytes(b"\0" * 4096)
    words = ("console=ttyS0,115200n8", "ip=[fe80::1]:", "a!?*~%@+=b")
    return BootConfig(UUID, "provisioning", listener, str(kernel), str(ramdisk), words)


async def test_kernel_and_ramdisk_are_loaded_and_started(tmp_path):
    desk = BootDesk()
    async with a_booting_machine(desk) as (listener, _):
        desk.config = a_config(listener, A_KERNEL.resolve(), tmp_path)
        await desk.until_asked(MAC, UUID, UUID)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(LONGER_THAN_A_RETRY_S):
                await desk.until_asked(MAC, UUID, UUID, UUID)


async def test_an_unknown_machine_says_its_mac_itself(tmp_path):
    """DHCP tells all unknown machines the same."""
    lent = LentAddresses(first=IPv4Address("10.0.0.8"), last=IPv4Address("10.0.0.9"))
    desk = BootDesk()
    async with a_booting_machine(desk, script=urlsplit(lent.boot_script).path) as (listener, _):
        desk.config = a_config(listener, A_KERNEL.resolve(), tmp_path)
        await desk.until_asked(MAC, UUID, UUID)


def an_image(desk, listener, file):
    image_id = str(uuid.uuid4())
    desk.images[image_id] = BootConfig(image_id, "image", listener, str(file.resolve()), "", ())
    return f"glance://{image_id}", image_id


async def test_an_image_of_the_image_service_is_loaded_by_a_link_made_with_the_script(tmp_path):
    desk = BootDesk()
    async with a_booting_machine(desk) as (listener, _):
        place, image_id = an_image(desk, listener, A_KERNEL)
        config = a_config(listener, A_KERNEL.resolve(), tmp_path)
        desk.config = replace(config, kernel=place)
        await desk.until_asked(MAC, image_id, UUID)


async def test_an_iso_image_is_booted_from_where_it_lies():
    """On it is another iPXE, which boots from the network in its turn."""
    desk = BootDesk()
    async with a_booting_machine(desk) as (listener, _):
        place, image_id = an_image(desk, listener, AN_ISO)
        desk.config = BootConfig(UUID, "instance", listener, "", "", (), place)
        async with asyncio.timeout(PATIENCE_S):
            while desk.asked.count(MAC) < 2:
                await desk.until_asked_again()
        assert desk.asked[1] == image_id


def said(console):
    return console.read_text(errors="replace") if console.exists() else ""


@pytest.mark.parametrize("password", ["", "once-upon-a-time"])
async def test_a_volume_is_booted_from_its_target_and_its_neighbour_is_a_drive(tmp_path, password):
    """By way of the second portal: the first of the two is dead."""
    console, desk = tmp_path / "console.log", BootDesk()
    port = free_port()
    proof = f"booted from a volume, {uuid.uuid4()}"
    with iscsi_target(tmp_path, f"127.0.0.1:{port}", INITIATOR, password) as target:
        paths = [
            f"iscsi:{HOST_SEEN_BY_THE_MACHINE}::{at}:{{lun}}:{target.name}" for at in (1, port)
        ]
        volumes = []
        for lun, content in enumerate((a_boot_disk(proof), bytes(MIB)), start=1):
            target.add(lun, content)
            ways = tuple(path.format(lun=lun) for path in paths)
            login = (USER, Secret(password)) if password else ()
            volumes.append(SanVolume(ways, *login))
        assert (USER in target.order("target", "show", tid=())) is bool(password)
        async with a_booting_machine(desk, f"file:{console}") as (listener, _):
            san = SanBoot(INITIATOR, tuple(volumes))
            desk.config = BootConfig(UUID, "instance", listener, "", "", (), san=san)
            async with asyncio.timeout(PATIENCE_S):
                while proof not in said(console):  # noqa: ASYNC110 - a console log has no events
                    await asyncio.sleep(0.2)
        assert desk.asked == [MAC]


async def test_what_cannot_be_started_is_tried_again(tmp_path):
    kernel = tmp_path.resolve() / "kernel"
    kernel.write_bytes(b"this is no kernel")
    desk = BootDesk()
    async with a_booting_machine(desk) as (listener, _):
        desk.config = a_config(listener, kernel, tmp_path)
        await desk.until_asked(MAC, UUID, UUID)


async def test_a_machine_that_has_nothing_to_boot_goes_on_to_its_next_boot_device():
    """It has none: its BIOS gives up and resets, which ends this machine."""
    desk = BootDesk()
    async with a_booting_machine(desk) as (_, machine):
        await desk.until_asked(MAC)
        async with asyncio.timeout(PATIENCE_S):
            await machine.wait()
    assert desk.asked == [MAC]
