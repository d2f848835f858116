"""A real Open vSwitch and network namespaces, for tests; root only."""

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

SWITCH_ID = "02:00:00:00:00:01"
BRIDGE = "tor"
PARKED_VLAN = 4094

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()

T = TypeVar("T")


def why_not() -> str | None:
    """Why a real switch cannot run here; None when it can."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    missing = [
        p for p in ("ovs-vswitchd", "ovsdb-server", "ovs-vsctl", "ip") if not shutil.which(p)
    ]
    if missing:
        return f"needs the programs {', '.join(missing)}"
    return None if Path("/dev/net/tun").exists() else "needs /dev/net/tun"


needs_a_real_switch = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def run(*argv: str) -> str:
    """Run a program; its output."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def enter(namespace_file: str) -> None:
    """Move the calling thread into a network namespace."""
    descriptor = os.open(namespace_file, os.O_RDONLY)
    try:
        if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace_file}")
    finally:
        os.close(descriptor)


def inside(namespace: str, work: Callable[[], T]) -> T:
    """Call `work` in a thread of its own that lives in the namespace."""
    results: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            enter(f"/run/netns/{namespace}")
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


@contextlib.contextmanager
def own_namespace() -> Iterator[str]:
    """A fresh network namespace that this thread, and every program it starts, lives in."""
    name = f"bnt-{os.getpid()}-{next(_numbers)}"
    home = f"/proc/self/task/{threading.get_native_id()}/ns/net"
    before = os.open(home, os.O_RDONLY)
    run("ip", "netns", "add", name)
    try:
        enter(f"/run/netns/{name}")
        run("ip", "link", "set", "lo", "up")
        yield name
    finally:
        _LIBC.setns(before, _CLONE_NEWNET)
        os.close(before)
        run("ip", "netns", "delete", name)


class RealSwitch:
    """ovsdb-server and ovs-vswitchd with a user-space bridge, in the caller's namespace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.remote = f"unix:{folder}/db.sock"
        self._namespaces: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Return once the bridge is up."""
        schema = "/usr/share/openvswitch/vswitch.ovsschema"
        run("ovsdb-tool", "create", str(self.folder / "conf.db"), schema)
        self.start_database()
        self.vsctl("--no-wait", "init")
        self.start_vswitchd()
        self.vsctl("add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")

    def start_database(self) -> None:
        """The database server, listening on `remote` once its socket is there."""
        self._spawn(
            "ovsdb-server", str(self.folder / "conf.db"), f"--remote=p{self.remote}", "--detach"
        )

    def start_vswitchd(self) -> None:
        """The data path."""
        self._spawn("ovs-vswitchd", self.remote, "--disable-system", "--detach")

    def stop_program(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one of the two daemons."""
        file = self.folder / f"{name}.pid"
        pid = int(file.read_text())
        descriptor = os.pidfd_open(pid)
        os.kill(pid, how)
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, descriptor, os.WEXITED)
        os.close(descriptor)
        while Path(f"/proc/{pid}/stat").exists() and not _is_zombie(pid):
            os.sched_yield()
        file.unlink(missing_ok=True)

    def stop(self) -> None:
        """End both daemons and remove the namespaces."""
        for name in ("ovs-vswitchd", "ovsdb-server"):
            if (self.folder / f"{name}.pid").exists():
                self.stop_program(name)
        for namespace in self._namespaces:
            run("ip", "netns", "delete", namespace)

    def vsctl(self, *arguments: str) -> str:
        """Run ovs-vsctl against this switch."""
        return run("ovs-vsctl", f"--db={self.remote}", "--timeout=10", *arguments).strip()

    def appctl(self, control: Path, *arguments: str) -> str:
        """Run ovs-appctl against one of the daemons."""
        return run("ovs-appctl", "-t", str(control), *arguments)

    def forget_cached_flows(self) -> None:
        """Wait until the data path has judged every cached flow by the ports as they are now."""
        self.appctl(self.folder / "ovs-vswitchd.ctl", "revalidator/wait")

    def add_port(self, name: str, vlan: int) -> None:
        """An internal port: the switch's end and the host's end in one."""
        kind = ("--", "set", "interface", name, "type=internal")
        parked = str(vlan == PARKED_VLAN).lower()
        self.vsctl("add-port", BRIDGE, name, f"tag={vlan}", f"protected={parked}", *kind)

    def add_machine(self, name: str, vlan: int = 4094) -> tuple[str, str]:
        """A port whose host end lives in a namespace of its own; the namespace and the MAC."""
        self.add_port(name, vlan)
        namespace = f"bnm-{os.getpid()}-{next(_numbers)}"
        run("ip", "netns", "add", namespace)
        self._namespaces.append(namespace)
        run("ip", "link", "set", name, "netns", namespace)
        run("ip", "-n", namespace, "link", "set", name, "up")
        mac = run("ip", "netns", "exec", namespace, "cat", f"/sys/class/net/{name}/address").strip()
        return namespace, mac

    def tag(self, port: str) -> int:
        """The VLAN, as ovs-vsctl says."""
        return int(self.vsctl("get", "port", port, "tag"))

    def _spawn(self, program: str, *arguments: str) -> None:
        run(
            program,
            *arguments,
            f"--pidfile={self.folder}/{program}.pid",
            f"--unixctl={self.folder}/{program}.ctl",
            f"--log-file={self.folder}/{program}.log",
            "--no-chdir",
            "-vconsole:off",
        )


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (OSError, IndexError):
        return True
