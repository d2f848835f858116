"""The agent of a fleet's machine: from its boot to its loss of power, as the conductor sees it."""

import asyncio
import logging
import random
import time
from dataclasses import dataclass
from typing import Final

from bessemer_lab.fleet.commands import Commands, Durations
from bessemer_lab.fleet.conductor import ConductorClient, NotNow
from bessemer_lab.fleet.journal import Journal
from bessemer_wire import CommandRequest, CommandResult, Heartbeat

LOG = logging.getLogger(__name__)
VERSION: Final = "11.0.0"
"""The generation of the protocol, in the numbering of ironic-python-agent."""
SHARE_OF_TIMEOUT: Final = (0.3, 0.6)
REMINDER_S: Final = 5.0
REMINDERS: Final = 6
"""A conductor that was busy with the last heartbeat drops the next one without a word: after a start,
and after the end of a command, it is told again until it gives an order."""
_PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the agent is found: its URL, and the certificate that it shows, PEM, if it does."""

    url: str
    certificate: str | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all agents of a fleet share. `boot_s`: from power-on to the agent's first word."""

    conductor: ConductorClient
    durations: Durations
    boot_s: float


class Agent:
    """One life; begun with `start`, ended with `end`. `power_off` takes the machine's power away."""

    def __init__(self, around: Surroundings, mac: str, place: Place, commands: Commands) -> None:
        self._around = around
        self._mac = mac
        self._place = place
        self.journal = Journal(commands.work_of, self._soon)
        self.token: str | None = None
        self.started_at = time.time()
        self._due = asyncio.Event()
        self._reminders = REMINDERS
        self._life: asyncio.Task[None] | None = None

    def start(self) -> None:
        """The machine got power."""
        self._life = asyncio.create_task(self._live())

    def submit(self, request: CommandRequest) -> CommandResult:
        """Take an order. Raises Refused."""
        entry = self.journal.submit(request)
        self._reminders = 0
        return entry

    def end(self) -> None:
        """The machine lost it, or the agent has nothing more to say."""
        self.journal.break_off()
        if self._life is not None:
            self._life.cancel()

    async def _live(self) -> None:
        await asyncio.sleep(self._around.boot_s)
        attempt = 0
        while True:
            try:
                reply = await self._around.conductor.look_up(self._mac)
                break
            except NotNow as error:
                LOG.info("lookup of %s: %s", self._mac, error)
                await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
                attempt += 1
        self.token = reply.config.agent_token
        beat = Heartbeat(self._place.url, VERSION, self.token, self._place.certificate)
        while True:
            await self._beat(reply.node_uuid, beat)
            pause_s = reply.config.heartbeat_timeout_s * random.uniform(*SHARE_OF_TIMEOUT)
            if self._reminders:
                self._reminders, pause_s = self._reminders - 1, REMINDER_S
            try:
                await asyncio.wait_for(self._due.wait(), pause_s)
            except TimeoutError:
                continue
            self._due.clear()

    async def _beat(self, node_uuid: str, beat: Heartbeat) -> None:
        """A busy conductor is told again."""
        for pause_s in _PAUSES_S:
            try:
                await self._around.conductor.heartbeat(node_uuid, beat)
                return
            except NotNow as error:
                LOG.info("heartbeat of %s: %s", self._mac, error)
                await asyncio.sleep(pause_s)

    def _soon(self) -> None:
        """Something finished: the next heartbeat is due now."""
        self._reminders = REMINDERS
        self._due.set()
