"""Kills and pauses what a cloud consists of, one after another, and starts it again."""

import random
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.integration.roles.processes import Processes
from tests.postgresql_server import PostgreSQL
from tests.rabbitmq import Broker

LONGER_THAN_A_LEASE_S = 14.0


Ways = Mapping[str, Callable[[], None]]


@dataclass
class Killer:
    """Works with two hands: one on the conductors, one on everything else; both at once.

    `deeds` says what was done, in order. Failing to start something again is an error.
    """

    cloud: Processes
    broker: Broker
    database: PostgreSQL
    seed: int
    deeds: list[str] = field(default_factory=list)
    all_is_there: threading.Lock = field(default_factory=threading.Lock)
    """Broker and database are, so a process can start. Which of the running ones misses them is chance."""

    def run(self, over: threading.Event) -> None:
        """Until `over`; everything runs again afterwards."""
        conductors = [name for name in self.cloud.running if name.startswith("conductor")]
        others = [name for name in self.cloud.running if name not in conductors]
        hands: Sequence[Ways] = (
            {
                **{f"kill {name}": self._killing(name) for name in conductors},
                **{f"pause {name}": self._pausing(name) for name in conductors},
            },
            {
                **{f"kill {name}": self._killing(name) for name in others},
                "kill the broker": self._kill_broker,
                "kill the database": self._kill_database,
            },
        )
        with ThreadPoolExecutor(len(hands)) as pool:
            working = [
                pool.submit(self._work, hand, random.Random(self.seed + number), over)
                for number, hand in enumerate(hands)
            ]
            for hand in working:
                hand.result()

    def _work(self, ways: Ways, chance: random.Random, over: threading.Event) -> None:
        while not over.wait(chance.uniform(0.5, 3)):
            name = chance.choice(list(ways))
            self.deeds.append(name)
            ways[name]()

    def _killing(self, name: str) -> Callable[[], None]:
        def kill() -> None:
            self.cloud.running[name].kill()
            with self.all_is_there:
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
        with self.all_is_there:
            self.broker.kill()
            self.broker = self.broker.started()

    def _kill_database(self) -> None:
        with self.all_is_there:
            self.database.stop("immediate")
            self.database.start()
