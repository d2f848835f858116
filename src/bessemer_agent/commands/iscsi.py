"""`iscsi` extension: the root device as an iSCSI target of the kernel (LIO), for a conductor to write.

LIO is set up through configfs alone (Documentation/target/scripts.rst of the kernel). The disk is
the kernel's as long as it is exported: whoever needs it here ends the export first.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bessemer_agent.command_failed import CommandFailed, InvalidParameters
from bessemer_agent.commands.command import Handler, Invocation
from bessemer_agent.commands.node_disks import NodeDisks
from bessemer_agent.disks.block_device import BlockDevice
from bessemer_agent.disks.erase import erase_metadata
from bessemer_agent.machine import Machine, run_program

LOG = logging.getLogger(__name__)

DEFAULT_PORT = 3260
LUN = 1  # where conductors look for it, as with upstream's agent
CONFIGFS = "sys/kernel/config"
MODULES = ("configfs", "target_core_mod", "target_core_iblock", "iscsi_target_mod")
NAME = re.compile(r"iqn\.\d{4}-\d\d\.[a-z0-9.:-]{1,200}")  # RFC 3720, 3.2.6.3.1
SECRET = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """`chap`: user and password; an addition to the upstream command, which lets anybody in."""

    iqn: str
    port: int
    wipe: bool
    chap: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class IscsiTarget:
    """At most one at a time."""

    machine: Machine
    disks: NodeDisks

    def start(self, call: Invocation) -> dict[str, object]:
        """iscsi.start_iscsi_target. An earlier target ends first, and so does who writes to it.

        Raises CommandFailed.
        """
        order = wanted(call)
        self.stop()
        path = self.disks.path_of(self.disks.root_device())
        if order.wipe:
            erase_metadata(path)
        with BlockDevice(path) as device:
            facts = {"disk_bytes": device.size_bytes, "sector_size": device.sector_size}
        self._load()
        try:
            self._export(path, order)
        except OSError as error:
            self.stop()
            raise CommandFailed(f"{path} cannot be exported over iSCSI: {error}") from error
        LOG.info("%s is iSCSI target %s", path, order.iqn)
        return {"iscsi_target_iqn": order.iqn, **facts}

    def stop(self) -> None:
        """Sessions are cut; the disk is free again, its new partitions known. Raises CommandFailed."""
        try:
            for group in self._target.glob("iscsi/iqn.*/tpgt_*"):
                _end(group)
            for exported in self._target.glob("core/iblock_*/*/udev_path"):
                disk = Path(exported.read_text().strip())
                exported.parent.rmdir()
                if disk.is_block_device():
                    with BlockDevice(disk) as device:
                        device.reread_partitions()
        except OSError as error:
            raise CommandFailed(f"the iSCSI target does not end: {error}") from error

    def after(self, handler: Handler) -> Handler:
        """The command, run once the disk is no longer exported."""

        def run(call: Invocation) -> object:
            self.stop()
            return handler(call)

        return run

    @property
    def _target(self) -> Path:
        return self.machine.root / CONFIGFS / "target"

    def _load(self) -> None:
        run_program("modprobe", "-a", *MODULES)
        if not self._target.is_dir():
            folder = str(self.machine.root / CONFIGFS)
            run_program("mount", "-t", "configfs", "configfs", folder)

    def _export(self, disk: Path, order: Wanted) -> None:
        store = self._target / "core/iblock_0/root"
        store.mkdir(parents=True)
        # Two values for one file: the kernel takes one write for one line.
        (store / "control").write_text(f"udev_path={disk}")
        (store / "udev_path").write_text(str(disk))
        (store / "enable").write_text("1")
        (self._target / "iscsi").mkdir(exist_ok=True)
        group = self._target / "iscsi" / order.iqn / "tpgt_1"
        group.mkdir(parents=True)
        lun = group / f"lun/lun_{LUN}"
        lun.mkdir()
        (lun / "root").symlink_to(store)
        for name, value in _settings(order):
            (group / name).write_text(value)
        (group / f"np/0.0.0.0:{order.port}").mkdir()
        (group / "enable").write_text("1")


def _settings(order: Wanted) -> Iterator[tuple[str, str]]:
    """Any initiator may log in and write that knows the password, if there is one."""
    yield "attrib/generate_node_acls", "1"
    yield "attrib/demo_mode_write_protect", "0"
    yield "attrib/authentication", "1" if order.chap else "0"
    if order.chap:
        yield "auth/userid", order.chap[0]
        yield "auth/password", order.chap[1]


def _end(group: Path) -> None:
    (group / "enable").write_text("0")
    for lun in group.glob("lun/lun_*"):
        for link in (entry for entry in lun.iterdir() if entry.is_symlink()):
            link.unlink()
        lun.rmdir()
    for portal in group.glob("np/*"):
        portal.rmdir()
    group.rmdir()
    group.parent.rmdir()


def wanted(call: Invocation) -> Wanted:
    """Raises InvalidParameters."""
    iqn, port = call.params.get("iqn"), call.params.get("portal_port")
    if not isinstance(iqn, str) or not NAME.fullmatch(iqn):
        raise InvalidParameters(f"'iqn' must be a name such as iqn.2008-10.org.x:y, not {iqn!r}")
    number = DEFAULT_PORT if port is None else port
    if not isinstance(number, int) or not 1 <= number <= 65535:
        raise InvalidParameters(f"'portal_port' must be a TCP port, not {port!r}")
    return Wanted(iqn, number, call.params.get("wipe_disk_metadata") is True, _chap(call))


def _chap(call: Invocation) -> tuple[str, str] | None:
    pair = [call.params.get(f"chap_{part}") for part in ("user", "password")]
    if pair == [None, None]:
        return None
    user, password = (part if isinstance(part, str) else "" for part in pair)
    if not SECRET.fullmatch(user) or not SECRET.fullmatch(password):
        raise InvalidParameters("'chap_user' and 'chap_password' must be printable, and both there")
    return user, password
