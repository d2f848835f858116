"""The deploy agent's real command API on loopback, with commands that a test holds in its hands."""

import contextlib
import datetime
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

from bessemer.baremetal.domain.node import Power, PowerTarget
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.interfaces.power import PowerInterface
from bessemer_agent.api_server import Access, ApiServer
from bessemer_agent.certificate import OwnCertificate, make_certificate
from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands import standby, steps
from bessemer_agent.commands.command import Command, Invocation
from bessemer_agent.journal import Journal

TOKEN = "the-agents-token"
PATIENCE_S = 10.0


def a_certificate(folder: Path) -> OwnCertificate:
    return make_certificate("127.0.0.1", folder, datetime.datetime.now(datetime.UTC))


class MortalServer(ApiServer):
    """Can die as a machine does: with all its connections, at once."""

    def __init__(self, *arguments, **named):
        self.connections: list[socket.socket] = []
        super().__init__(*arguments, **named)

    def process_request(self, request, client_address):
        self.connections.append(request)
        super().process_request(request, client_address)

    def break_connections(self):
        for connection in self.connections:
            with contextlib.suppress(OSError):  # some have ended by themselves
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()


@dataclass
class HeldCommand:
    """A long command: it runs until the test lets it end."""

    calls: list[dict] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)
    fails_with: str | None = None
    progress: tuple[int, int] = (430 * 1024**2, 1000 * 1024**2)

    def run(self, call: Invocation) -> str:
        self.calls.append(dict(call.params))
        call.report("writing", *self.progress)
        self.begun.set()
        self.may_end.wait(PATIENCE_S)
        if self.fails_with is not None:
            raise CommandFailed(self.fails_with)
        return "done"


class LoopbackAgent:
    """Commands `held` are under the test's control, the quick ones are the agent's own."""

    def __init__(self, certificate: OwnCertificate, *, generation: str = "steps") -> None:
        self.certificate = certificate
        self.held = HeldCommand()
        self.power_off = HeldCommand()
        self.power_off.may_end.set()
        self.generation = generation
        self.before_answer = lambda: None
        self.port = 0
        self._server: MortalServer | None = None

    def start(self) -> "LoopbackAgent":
        """A new life: nothing of an earlier one is remembered, but the address."""
        self.journal = Journal(
            self._commands(), started=lambda: self.before_answer(), finished=lambda: None
        )
        self._server = MortalServer(
            ("127.0.0.1", self.port),
            self.journal,
            Access(TOKEN),
            lambda: {"started_at": 1.5, "version": "11.0.0"},
            self.certificate,
        )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def die(self) -> None:
        """Like a power cut."""
        if self._server is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.break_connections()
        self._server = None
        self.held.may_end.set()

    def restart(self) -> None:
        self.die()
        self.held = HeldCommand()
        self.start()

    def lose_next_answer(self) -> None:
        """The next order is taken on, but its answer does not arrive."""

        def lose() -> None:
            if self.orders() != ["get_deploy_steps"] * len(self.orders()):
                self.before_answer = lambda: None
                self._server.break_connections()

        self.before_answer = lose

    def orders(self) -> list[str]:
        return [entry.command_name for entry in self.journal.list()]

    def facts(self, token: str = TOKEN) -> dict:
        """`driver_internal_info` after this agent's heartbeat."""
        return {
            "agent_url": f"https://127.0.0.1:{self.port}",
            "agent_verify_ca": self.certificate.pem,
            "agent_secret_token": Secret(token),
        }

    def _commands(self) -> dict[str, Command]:
        held = Command(self.held.run, asynchronous=True)
        common = {
            "standby.get_partition_uuids": Command(standby.get_partition_uuids),
            "standby.sync": Command(lambda call: None),
            "standby.run_image": Command(lambda call: None, asynchronous=True),
            "standby.power_off": Command(self.power_off.run, asynchronous=True),
            "image.install_bootloader": held,
            "clean.get_clean_steps": Command(steps.get_clean_steps),
            "clean.execute_clean_step": held,
            "other.work": held,
        }
        if self.generation == "old":
            return {**common, "standby.prepare_image": held}
        return {
            **common,
            "deploy.get_deploy_steps": Command(steps.get_deploy_steps),
            "deploy.execute_deploy_step": held,
        }


class SomePower(PowerInterface):
    """A BMC whose machine is on until somebody switches it off."""

    def __init__(self) -> None:
        self.state = Power.ON
        self.orders: list[PowerTarget] = []
        self.deaf = False

    def validate(self, node, ports):
        pass

    async def get_power_state(self, node):
        return self.state

    async def switch(self, node, target):
        self.orders.append(target)
        if not self.deaf:
            self.state = Power.OFF if target is PowerTarget.OFF else Power.ON

    @property
    def change_timeout(self):
        return datetime.timedelta(seconds=1)
