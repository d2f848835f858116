"""The serial console: a file, a socket for many, and Serial over LAN."""

import os
import pty
import select
import subprocess
import time

from tests.e2e.lab import guests
from tests.e2e.lab.rig import Rig


def test_two_clients_and_the_file_see_the_same(rig: Rig) -> None:
    guests.install(rig.machine.files.disk(0), guests.say("FOR ALL"))
    with rig.console() as one, rig.console() as other:
        rig.order("power", "on")
        one.wait_for("FOR ALL")
        other.wait_for("FOR ALL")
    deadline = time.monotonic() + 10
    while "FOR ALL" not in (kept := rig.machine.console_path.read_text(errors="replace")):
        assert time.monotonic() < deadline, kept  # QEMU writes to the socket first
        time.sleep(0.1)


def test_what_is_typed_reaches_the_machine(rig: Rig) -> None:
    with rig.console() as console:
        rig.order("chassis", "bootdev", "pxe")
        rig.order("power", "on")
        console.wait_for("Configuring (net0")
        # iPXE gives up its configuration on Ctrl-C.
        console.type(b"\x03")
        console.wait_for("Operation canceled")


def test_serial_over_lan(rig: Rig) -> None:
    guests.install(rig.machine.files.disk(0), guests.say("OVER THE LAN"))
    controller, terminal = pty.openpty()
    argv = rig.lab.in_namespace(rig.ipmitool_argv("sol", "activate"))
    with subprocess.Popen(argv, stdin=terminal, stdout=terminal, stderr=terminal) as sol:
        os.close(terminal)
        try:
            wait_for(controller, b"SOL Session operational")
            rig.order("power", "on")
            wait_for(controller, b"OVER THE LAN")
            assert "already active" in rig.ipmitool("sol", "activate").stderr
            os.write(controller, b"\r~.")
            wait_for(controller, b"terminated ipmitool")
            assert sol.wait(10) == 0
        finally:
            sol.kill()
            os.close(controller)
    assert "already de-activated" in rig.ipmitool("sol", "deactivate").stderr


def wait_for(terminal: int, text: bytes) -> None:
    """Read what the terminal shows up to `text`, for ten seconds at most."""
    seen = b""
    deadline = time.monotonic() + 10
    while text not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"{text!r} did not appear in {seen!r}"
        seen += os.read(terminal, 65536)
