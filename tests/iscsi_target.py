"""An iSCSI target in user space (tgtd), and a disk that says on the serial line that it was booted."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECTOR: Final = 512
DISK: Final = 16 << 20
"""Bytes; with less than one cylinder, which is 7.8 MiB, iPXE boots nothing."""
USER: Final = "owner"
_READY_S: Final = 10
_PROGRAM: Final = bytes.fromhex(
    # At 7C00, as BIOS loads it, drive in DL. Reads sector 2 to 7E00, stops when that fails.
    "31C0 8ED8 8EC0 B80102 BB007E B90200 30F6 CD13 721A BE007E"
    # Each byte of it up to a zero: when the serial line (3F8) has room, there.
    "AC 84C0 7412 88C4 BAFD03 EC A820 74F8 BAF803 88E0 EE EBE9"
    # For ever: nothing.
    "F4 EBFD"
)


def a_boot_disk(says: str) -> bytes:
    """A boot sector, and in the second sector the text that it prints on the serial line."""
    text = says.encode()
    assert len(text) < SECTOR
    boot_sector = _PROGRAM.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
    return (boot_sector + text).ljust(DISK, b"\0")


@dataclass
class IscsiTarget:
    """A running target without logical units yet; `name` is its iSCSI name."""

    folder: Path
    name: str
    _environment: dict[str, str]

    def add(self, lun: int, content: bytes) -> Path:
        """A logical unit of that content; the file in which it lives."""
        file = self.folder / f"lun{lun}"
        file.write_bytes(content)
        self.order("logicalunit", "new", f"--lun={lun}", f"--backing-store={file}")
        return file

    def order(
        self, mode: str, operation: str, *more: str, tid: Sequence[str] = ("--tid=1",)
    ) -> str:
        """What tgtadm answers."""
        argv = ["tgtadm", "--lld=iscsi", f"--mode={mode}", f"--op={operation}", *tid, *more]
        done = subprocess.run(
            argv, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout


@contextmanager
def iscsi_target(
    folder: Path, portal: str, initiator: str, password: str = "", within: Sequence[str] = ()
) -> Iterator[IscsiTarget]:
    """Open to that initiator alone; with a password by CHAP, as `USER`. Ends with its process.

    `portal` is `<address>:<port>`; `within` are the words that enter a namespace.
    """
    environment = {**os.environ, "TGT_IPC_SOCKET": str(folder / "tgt")}
    process = subprocess.Popen(
        [*within, "tgtd", "--foreground", "--iscsi", f"portal={portal}"], env=environment
    )
    target = IscsiTarget(folder, "iqn.2026-11.test:target", environment)
    try:
        _wait(process, target)
        target.order("target", "new", f"--targetname={target.name}")
        if password:
            login = (f"--user={USER}", f"--password={password}")
            target.order("account", "new", *login, tid=())
            target.order("account", "bind", login[0])
        target.order("target", "bind", f"--initiator-name={initiator}")
        yield target
    finally:
        process.kill()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", target: IscsiTarget) -> None:
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            target.order("sys", "show", tid=())
        except AssertionError:
            assert process.poll() is None, "tgtd ended at once"
            assert time.monotonic() < deadline, "tgtd does not answer"
            time.sleep(0.05)
        else:
            return
