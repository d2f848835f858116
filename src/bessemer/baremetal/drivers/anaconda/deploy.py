"""Deploy interface `anaconda`: the machine boots an installer, which reports how far it is."""

import asyncio
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from bessemer import clock
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome, Signal, WaitFor
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.deploy import LeavesRamdisk
from bessemer.baremetal.drivers.agent.orders import Now
from bessemer.baremetal.drivers.agent.ramdisk_network import Listener, find_listener
from bessemer.baremetal.drivers.agent.words import next_command, not_heard, quoted
from bessemer.baremetal.drivers.anaconda import kickstart, seed, validator
from bessemer.baremetal.drivers.anaconda.source import Installation, found, named
from bessemer.baremetal.drivers.downloads import config_drive_of, small_file
from bessemer.baremetal.drivers.ipxe.boot_config import is_url
from bessemer.baremetal.drivers.users_urls import ANYWHERE, Bounds
from bessemer.baremetal.interfaces.boot import (
    INSTALLER,
    INSTALLER_BOOT,
    INSTANCE_BOOT,
    BootInterface,
    Purpose,
)
from bessemer.baremetal.interfaces.frames import BY_INSTALLER
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid, NotFound
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkError, NetworkService
from bessemer_formats import UnsafeImage

_NOT_INSTALLABLE: Final = (Invalid, NotFound, Conflict, NetworkError, UnsafeImage)
_LOOK_AGAIN: Final = timedelta(seconds=2)
_TOKEN_BYTES: Final = 32


class AnacondaDeploy(LeavesRamdisk):
    """Named "anaconda". An agent cleans and services its machines; an installer writes the disk."""

    frame: ClassVar = BY_INSTALLER

    def __init__(
        self,
        images: ImageService,
        network: NetworkService,
        settings: BareMetalSettings,
        client: AgentClient,
        now: Now = clock.now,
    ) -> None:
        super().__init__(settings, client, now)
        self._images = images
        self._network = network
        self._bounds = Bounds.of(settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid unless instance_info names something to install and who does it."""
        named(node.instance_info)
        if node.disable_power_off:
            raise self.unsupported(node, "machines that may not be switched off")

    def validate_boot(self, node: Node, boot: BootInterface) -> None:
        """Raises Invalid unless it can boot an installer."""
        if INSTALLER_BOOT not in boot.capabilities:
            raise self.unsupported(
                node, f"a boot interface without the capability {INSTALLER_BOOT}"
            )

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """Find image and installer, make the kickstart file, and a token for its reports.

        The machine is off, and nothing of an earlier run is used again.
        """
        if not task.interfaces.power.has_switch(task.node):
            return Failed("Deploy interface anaconda needs a power switch: a BMC.")
        try:
            installation = await found(task.node.instance_info, self._images, task.context)
            listener = await find_listener(
                task, self._network, self._settings, Purpose.PROVISIONING
            )
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            text = await self._kickstart(task, installation, listener, token)
            checked = await validator.check(text)
            installer = self._installer(task.node, installation, listener)
        except _NOT_INSTALLABLE as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        await task.permit_destruction()
        await task.save_kickstart(text)
        known = {INSTALLER: installer, "agent_secret_token": Secret(token)}
        await task.save(task.node.without_agent().with_internal(**known))
        by = validator.PROGRAM if checked else f"nobody, for want of {validator.PROGRAM}"
        return Done(f"the kickstart file is made, and checked by {by}")

    @step("deploy", priority=100)
    async def deploy(self, task: Task) -> Outcome:
        """Wait until the installer reports its end."""
        internal = task.node.driver_internal_info
        said = quoted(str(internal.get("agent_status_message") or "no more"))
        match internal.get("agent_status"):
            case "end":
                return Done(f"the installer reports its end: {said}")
            case "error":
                again = next_command(task.work.flow, task.node)
                return Failed(f"The installer reports an error: {said} Then: {again}.")
            case "start":
                timeout = self._settings.anaconda_install_timeout
                return WaitFor(
                    Signal.AGENT,
                    timeout,
                    f"the installer is at work, and reports: {said}",
                    extends=True,
                )
            case _:
                words = not_heard(
                    "the installer has not reported", task.work.flow, task.node, has_switch=True
                )
                return WaitFor(Signal.AGENT, self._settings.deploy_callback_timeout, words)

    @step("deploy", priority=60)
    async def set_boot_to_disk(self, task: Task) -> Outcome:
        """Boot device: disk. Boot loader and firmware entry are the installer's work."""
        await task.save(task.node.with_internal(**{INSTALLER: None, INSTANCE_BOOT: None}))
        await task.interfaces.boot.prepare_instance(task)
        return Done("the machine boots its own system from now on")

    @step("deploy", priority=40)
    async def tear_down_agent(self, task: Task) -> Outcome:
        """The installer ends by switching the machine off; the BMC does when that takes too long."""
        power = task.interfaces.power
        if await power.get_power_state(task.node) is Power.OFF:
            await task.save_kickstart(None)
            await task.save(task.node.without_agent())
            return Done("the machine is off")
        since = task.work.memo.get("ended_at") or self._now().isoformat()
        await task.note(ended_at=since)
        patience = self._settings.anaconda_power_off_timeout
        words = "the installer has reported its end, and the machine is still on"
        if self._now() - datetime.fromisoformat(since) >= patience:
            words = "the installer did not switch the machine off in time; the BMC was told to"
            if not task.work.memo.get("forced"):
                await power.switch(task.node, PowerTarget.OFF)
                await task.note(forced=True)
        timeout = patience + power.change_timeout
        return WaitFor(Signal.TIMER, timeout, words, look_again=min(_LOOK_AGAIN, patience))

    @step()
    async def release_instance(self, task: Task) -> Outcome:
        """Forget the kickstart file of a deploy that failed, too."""
        await task.save_kickstart(None)
        await task.save(task.node.with_internal(**{INSTALLER: None}))
        return await super().release_instance(task)

    async def _kickstart(
        self, task: Task, installation: Installation, listener: Listener, token: str
    ) -> str:
        """Raises Invalid, NotFound, Conflict, NotDownloaded, UnsafeImage."""
        base = _base(task.node, listener)
        drive = await config_drive_of(task, self._bounds)
        options: dict[str, str | bool] = {
            "liveimg_url": f"{base}/image/image{installation.suffix}" if installation.image else "",
            "liveimg_checksum": installation.sha256 or "",
            "repo_url": installation.repository or "",
            "heartbeat_url": f"{listener.url}/v1/heartbeat/{task.node.uuid}",
            "agent_token": token,
            "config_drive": await asyncio.to_thread(seed.section, drive),
            "insecure_heartbeat": False,
        }
        template = await self._template(task, installation, listener)
        return await asyncio.to_thread(kickstart.rendered, template, options)

    async def _template(self, task: Task, installation: Installation, listener: Listener) -> str:
        """Raises Invalid, NotFound, Conflict, NotDownloaded."""
        place = installation.template
        if place is None:
            return _of_operator(self._settings.anaconda_default_ks_template)
        bounds = self._bounds
        if not is_url(place):
            bounds = ANYWHERE
            place = await self._images.temporary_url(
                task.context,
                (await self._images.get_image(task.context, place)).id,
                base_url=listener.url,
                lifetime=self._settings.image_url_lifetime,
            )
        content = await small_file(place, bounds, "kickstart template", kickstart.LONGEST)
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Invalid("The kickstart template is not text in UTF-8.") from None

    def _installer(
        self, node: Node, installation: Installation, listener: Listener
    ) -> dict[str, Any]:
        """As `INSTALLER` says."""
        base = _base(node, listener)
        words = [f"inst.ks={base}/ks.cfg", "inst.text", "ip=dhcp"]
        if installation.repository:
            words.append(f"inst.repo={installation.repository}")
        if installation.stage2:
            words.append(f"inst.stage2={base}/stage2")
        known = {
            "kernel": installation.kernel,
            "ramdisk": installation.ramdisk,
            "parameters": words,
            "listener": listener.url,
            "stage2": installation.stage2,
            "image_url": installation.image,
        }
        return {key: value for key, value in known.items() if value}


def _base(node: Node, listener: Listener) -> str:
    return f"{listener.url}/installer/{node.uuid}"


def _of_operator(path: Path | None) -> str:
    """Raises Invalid."""
    try:
        return (path or kickstart.DEFAULT).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            f"baremetal.anaconda_default_ks_template {path} cannot be read "
            f"({type(error).__name__}): ask the operator."
        ) from error
