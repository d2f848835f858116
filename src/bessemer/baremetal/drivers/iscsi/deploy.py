"""Deploy interface `iscsi`: the conductor writes the image over iSCSI, as older Ironic did."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bessemer import clock
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.orders import Now
from bessemer.baremetal.drivers.agent.trouble import AGENT_TROUBLE, AgentUnreachable
from bessemer.baremetal.drivers.agent.words import GIB, how_far
from bessemer.baremetal.drivers.direct.deploy import NO_IMAGE, DirectDeploy
from bessemer.baremetal.drivers.direct.image_source import is_users
from bessemer.baremetal.drivers.downloads import config_drive_of
from bessemer.baremetal.drivers.iscsi.master_images import MasterImages, reader
from bessemer.baremetal.drivers.iscsi.qemu_img import QemuImg, QemuImgFailed, Target
from bessemer.baremetal.drivers.users_urls import ANYWHERE, Bounds
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkService
from bessemer_formats import UnsafeImage, finishing
from bessemer_wire import Checksum

_HEAD: Final = 8192
_PATIENCE: Final = timedelta(seconds=10)
_LONGEST_WRITE: Final = timedelta(hours=12)
"""A big image over a slow network; whoever falls silent is found out much sooner."""
_USER: Final = "bessemer"


class IscsiDeploy(DirectDeploy):
    """Named "iscsi". As `direct`, but all the image's data pass through this conductor."""

    def __init__(
        self,
        images: ImageService,
        network: NetworkService,
        settings: BareMetalSettings,
        client: AgentClient,
        folder: Path,
        now: Now = clock.now,
    ) -> None:
        super().__init__(images, network, settings, client, now)
        self._bounds = Bounds.of(settings)
        self._qemu_img = QemuImg(_PATIENCE)
        self._masters = MasterImages(folder, settings.iscsi_image_cache_gib * GIB, self._qemu_img)

    def supports_deploy(self, node: Node) -> bool:
        """Never found by itself: `direct` does the same without the detour."""
        return False

    @step("deploy", priority=80, timeout=_LONGEST_WRITE)
    async def write_image(self, task: Task) -> Outcome:
        """Have the disk exported, and write image and config drive to it.

        Run again it starts over: the agent cuts off whoever writes to an earlier target.
        """
        try:
            await self._resolve(task)
            info = task.node.instance_info
            url = info["image_url"]
            image = await self._masters.linked(
                url.reveal() if isinstance(url, Secret) else url,
                Checksum(info["image_os_hash_algo"], info["image_os_hash_value"]),
                info.get("image_disk_format"),
                self._bounds if is_users(info) else ANYWHERE,
            )
        except NO_IMAGE as error:
            return self._no_image(task, error)
        try:
            return await self._write(task, image)
        except AGENT_TROUBLE as trouble:
            return await self._orders.outcome_of(task, "write_image", trouble)
        except (Invalid, QemuImgFailed) as error:
            return self._no_image(task, error)
        except (UnsafeImage, finishing.NoRoom) as error:
            return self._no_image(task, Invalid(f"The image cannot be written: {error}."))
        finally:
            image.unlink(missing_ok=True)

    async def _write(self, task: Task, image: Path) -> Outcome:
        drive = await config_drive_of(task, self._bounds)
        await task.permit_destruction()
        target, sector_size = await self._export(task)

        async def alive() -> None:
            await self._client.status(task.node)

        size, length = await self._qemu_img.size(target, alive), image.stat().st_size

        async def progress(share: float) -> None:
            await task.progress(int(share * length), length)

        if length > size:
            return Failed(
                f"write_image: the image needs {length / GIB:.1f} GiB and the disk has "
                f"{size / GIB:.1f}: choose a larger disk by root device hints, or a smaller image."
            )
        read_at = reader(image)
        finishing.check_sector_size(read_at(0, _HEAD), sector_size)
        finish = await asyncio.to_thread(finishing.finish, read_at, size, drive)
        await self._qemu_img.write(image, target, alive, progress)
        for offset, data in finish.writes:
            piece = self._masters.piece(data)
            try:
                await self._qemu_img.write_at(offset, piece, target, alive)
            finally:
                piece.unlink()
        return Done(f"the image is written over iSCSI, {how_far(length, length)}")

    async def _export(self, task: Task) -> tuple[Target, int]:
        """The target, and the disk's sector size (of older agents, which do not tell: 512)."""
        target = _target(task.node, self._settings)
        params = {
            "iqn": target.iqn,
            "portal_port": target.port,
            "wipe_disk_metadata": True,
            **_login(target),
        }
        answer = await self._orders.ask(task, "iscsi.start_iscsi_target", params)
        return replace(target, iqn=str(answer.get("iscsi_target_iqn") or target.iqn)), int(
            answer.get("sector_size") or 512
        )


def _target(node: Node, settings: BareMetalSettings) -> Target:
    """A target of the node's agent, with a password that was never used before.

    Raises AgentUnreachable.
    """
    host = urlsplit(str(node.driver_internal_info.get("agent_url") or "")).hostname
    if not host:
        raise AgentUnreachable(f"The agent of node {node.name or node.uuid} has not called back.")
    bare = Target(host, settings.iscsi_portal_port, f"iqn.2008-10.org.openstack:{node.uuid}")
    if not settings.iscsi_authentication:
        return bare
    # RFC 3720, 8.2.1: CHAP secrets of 12 to 16 bytes.
    return replace(bare, user=_USER, password=Secret(secrets.token_hex(8)))


def _login(target: Target) -> Mapping[str, Any]:
    if target.user is None:
        return {}
    return {"chap_user": target.user, "chap_password": target.password.reveal()}
