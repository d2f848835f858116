"""Kills and pauses what a cloud consists of, one after another, and starts it again."""

import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.integration.roles.processes import Processes
from tests.postgresql_server import PostgreSQL
from tests.rabbitmq import Broker

LONGER_THAN_A_LEASE_S = 14.0
LONGEST_ABSENCE_S = 2.0


@dataclass
class Killer:
    """`deeds` says what was done, in order. Failing to start something again is an error."""

    cloud: Processes
    broker: Broker
    database: PostgreSQL
    chance: random.Random
    deeds: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def run(self, over: threading.Event) -> None:
        """Until `over`; everything runs again afterwards."""
        ways = self._ways()
        try:
            while not over.wait(self.chance.uniform(0.5, 3)):
                name = self.chance.choice(list(ways))
                self.deeds.append(name)
                ways[name]()
        except BaseException as error:
            self.error = error
            raise

    def _ways(self) -> Mapping[str, Callable[[], None]]:
        conductors = [name for name in self.cloud.running if name.startswith("conductor")]
        return {
            **{f"kill {name}": self._killing(name) for name in self.cloud.running},
            **{f"pause {name}": self._pausing(name) for name in conductors},
            "kill the broker": self._kill_broker,
            "kill the database": self._kill_database,
        }

    def _killing(self, name: str) -> Callable[[], None]:
        def kill() -> None:
            self.cloud.running[name].kill()
            self._stay_away()
            self.cloud.start(name)

        return kill

    def _pausing(self, name: str) -> Callable[[], None]:
        def pause() -> None:
            process = self.cloud.running[name].process
            process.send_signal(signal.SIGSTOP)
            time.sleep(LONGER_THAN_A_LEASE_S)
            process.send_signal(signal.SIGCONT)

        return pause

    def _kill_broker(self) -> None:
        self.broker.kill()
        self._stay_away()
        self.broker = self.broker.started()

    def _kill_database(self) -> None:
        self.database.stop("immediate")
        self._stay_away()
        self.database.start()

    def _stay_away(self) -> None:
        time.sleep(self.chance.uniform(0, LONGEST_ABSENCE_S))
