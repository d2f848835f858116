"""execute_bootc_install: a bootable container writes itself to the root device, run by podman.

What is in the container does the work (`bootc install to-disk`, its manual page bootc-install-to-disk(8)):
partitions, file systems, boot loader.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bessemer_agent.command_failed import InvalidParameters
from bessemer_agent.commands.command import Invocation, Report
from bessemer_agent.commands.node_disks import NodeDisks
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.disks.erase import erase_metadata
from bessemer_agent.image_writing.config_drive import config_drive_content
from bessemer_agent.image_writing.download import Patience
from bessemer_agent.image_writing.layout import finish_partitions
from bessemer_agent.machine import Machine, run_program

LOG = logging.getLogger(__name__)

MIB = 1 << 20
IMAGE = re.compile(r"(?:oci|docker)://([a-zA-Z0-9][a-zA-Z0-9.:-]*(?:/[a-zA-Z0-9_.:@-]+)+)")
DEADLINE_S = 2 * 3600.0
KEYS = "/run/bessemer-keys"
# What bootc keeps for itself beside the root file system: ESP, /boot, BIOS boot.
BEFORE_ROOT_MIB = 1536
# podman's pivot_root fails on the kernel's first root file system, where ramdisks live.
CONTAINERS_CONF = "[engine]\nno_pivot_root = true\n"


@dataclass(frozen=True, slots=True)
class Container:
    """`image` as podman spells it; `keys`: lines of authorized_keys for root."""

    image: str
    keys: str | None
    pull_secret: str | None
    config_drive: str | None

    @property
    def registry(self) -> str:
        return self.image.partition("/")[0]


@dataclass(frozen=True, slots=True)
class BootcInstaller:
    """Writes what is ordered to the node's root device."""

    machine: Machine
    disks: NodeDisks
    patience: Patience

    def install(self, arguments: Mapping[str, Any], report: Report) -> str:
        """The sentence for the conductor. Raises CommandFailed."""
        wanted = container(arguments)
        drive = wanted.config_drive
        content = config_drive_content(drive, self.patience) if drive else None
        path = self.disks.path_of(self.disks.root_device())
        with BlockDevice(path) as device:
            size = device.size_bytes
        erase_metadata(path)
        report("installing", 0, size)
        run_program(*self._argv(wanted, path, size, content), timeout_s=DEADLINE_S)
        with BlockDevice(path) as device:
            finish_partitions(device, content)
            device.flush()
            device.reread_partitions()
        report("installing", size, size)
        return f"container {wanted.image} installed on {path}"

    def execute_bootc_install(self, call: Invocation) -> str:
        """standby.execute_bootc_install."""
        return self.install(call.params, call.report)

    def _argv(
        self, wanted: Container, disk: Path, size: int, drive: bytes | None
    ) -> tuple[str, ...]:
        folder = self.machine.state_folder
        conf = _private(folder / "containers.conf", CONTAINERS_CONF)
        podman = ["podman", "run", "--rm", "--privileged", "--pid=host", "--network=host"]
        install = ["bootc", "install", "to-disk", "--wipe", "--skip-fetch-check"]
        if wanted.pull_secret:
            login = {"auths": {wanted.registry: {"auth": wanted.pull_secret}}}
            podman.append(f"--authfile={_private(folder / 'pull.json', json.dumps(login))}")
        if wanted.keys:
            keys = _private(folder / "authorized_keys", wanted.keys.rstrip("\n") + "\n")
            podman.append(f"--volume={keys}:{KEYS}:ro")
            install.append(f"--root-ssh-authorized-keys={KEYS}")
        if drive is not None:
            behind = -(-len(drive) // MIB) + 2
            install.append(f"--root-size={size // MIB - BEFORE_ROOT_MIB - behind}M")
        volumes = ("--volume=/dev:/dev", "--volume=/var/lib/containers:/var/lib/containers")
        options = ("--security-opt=label=type:unconfined_t", *volumes)
        return (
            *("env", f"CONTAINERS_CONF_OVERRIDE={conf}"),
            *(*podman, *options, wanted.image, *install, str(disk)),
        )


def container(arguments: Mapping[str, Any]) -> Container:
    """Raises InvalidParameters."""
    source, info = arguments.get("image_source"), arguments.get("instance_info") or {}
    found = IMAGE.fullmatch(source) if isinstance(source, str) else None
    if found is None:
        raise InvalidParameters(
            f"'image_source' must be oci://REGISTRY/IMAGE[:TAG or @DIGEST], not {source!r}"
        )
    if not isinstance(info, dict):
        raise InvalidParameters("'instance_info' must be an object")
    keys = _text("instance_info.bootc_authorized_keys", info.get("bootc_authorized_keys"))
    secret = _text("pull_secret", arguments.get("pull_secret"))
    return Container(found[1], keys, secret, _text("configdrive", arguments.get("configdrive")))


def _text(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidParameters(f"'{name}' must be a string")
    return value or None


def _private(path: Path, text: str) -> Path:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path
