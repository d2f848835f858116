"""One connection to RabbitMQ, from its opening to its loss: the queue of this process, and services.

Nudges go through a direct exchange by topic to the queue of each process that subscribed. A request
goes to the queue named as its address, of the one process that serves it; the answer, to the
asking process's own queue. All queues are exclusive: they end with their connection, so that what
is sent to a dead process comes back at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
)
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelNotFoundEntity
from aiormq.exceptions import ChannelLockedResource

from bessemer.bus.bus import Answerer
from bessemer.bus.envelope import answered
from bessemer.clock import now

log = structlog.get_logger()

DEADLINE: Final = "deadline"
"""Header of a request: a moment as ISO 8601 (AMQP's numbers are too coarse for it)."""

NUDGES: Final = "bessemer.nudges"
HEARTBEAT_S: Final = 10
"""A connection silent for twice this long is given up, by either side."""
CONNECT_TIMEOUT_S: Final = 10.0

Receive = Callable[[AbstractIncomingMessage], Awaitable[None]]


@dataclass(slots=True)
class Service:
    """What answers at an address."""

    address: str
    answerer: Answerer
    at_once: int
    in_hand: set[asyncio.Task[None]] = field(default_factory=set)

    async def idle(self) -> None:
        """Return once nothing is in hand."""
        await asyncio.gather(*self.in_hand, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Served:
    """The queue of an address with its consumer's tag, and one that is there until all is answered."""

    requests: AbstractQueue
    tag: str
    alive: AbstractQueue


@dataclass(frozen=True, slots=True)
class Link:
    """Channels, exchange and own queue of one open connection."""

    connection: AbstractConnection
    nudges: AbstractExchange
    calls: AbstractChannel
    own: AbstractQueue
    lost: asyncio.Event
    """Set once the connection, or a channel of it, is no more."""

    served: dict[str, "_Served"] = field(default_factory=dict)

    @classmethod
    async def open(cls, url: str, topics: Iterable[str], receive: Receive) -> "Link":
        """Connect, and receive the nudges of these topics. Raises AMQPError, OSError."""
        connection = await aio_pika.connect(
            url, timeout=CONNECT_TIMEOUT_S, heartbeat=HEARTBEAT_S, client_properties={}
        )
        lost = asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        try:
            channel = await _channel(connection, lost, confirms=False)
            nudges = await channel.declare_exchange(NUDGES, aio_pika.ExchangeType.DIRECT)
            own = await channel.declare_queue(exclusive=True)
            calls = await _channel(connection, lost, confirms=True)
            link = cls(connection, nudges, calls, own, lost)
            for topic in topics:
                await own.bind(nudges, topic)
            await own.consume(receive, no_ack=True)
        except BaseException:
            await connection.close()
            raise
        return link

    async def nudge(self, topic: str, body: bytes) -> None:
        """To whoever subscribed. Nothing tells whether it arrives."""
        await self.nudges.publish(aio_pika.Message(body), topic, mandatory=False)

    async def ask(self, address: str, body: bytes, ident: str, until: datetime) -> None:
        """Send a request. Raises DeliveryError when nobody serves the address.

        The broker drops it when it waits for too long; what is on the way at that moment, the
        other side drops, by the clock (which leases rely on, too).
        """
        message = aio_pika.Message(
            body,
            correlation_id=ident,
            reply_to=self.own.name,
            expiration=max(until - now(), timedelta(0)),
            headers={DEADLINE: until.isoformat()},
        )
        await self.calls.default_exchange.publish(message, address)

    async def take_up(self, service: Service) -> None:
        """Begin to answer. Raises ChannelLockedResource while another connection has the address."""
        if service.address in self.served:
            return
        channel = await _channel(self.connection, self.lost, confirms=False)
        await channel.set_qos(prefetch_count=service.at_once)
        queue = await channel.declare_queue(service.address, exclusive=True)

        async def begin(message: AbstractIncomingMessage) -> None:
            task = asyncio.create_task(_answer(channel, service, message))
            service.in_hand.add(task)
            task.add_done_callback(service.in_hand.discard)

        alive = await channel.declare_queue(_alive(service.address), exclusive=True)
        self.served[service.address] = _Served(queue, await queue.consume(begin), alive)

    async def lay_down(self, service: Service) -> None:
        """Take no more requests, and wait for those in hand; what waits in the queue goes with it."""
        served = self.served.pop(service.address)
        await served.requests.cancel(served.tag)
        await served.requests.delete(if_unused=False, if_empty=False)
        await service.idle()
        await served.alive.delete(if_unused=False, if_empty=False)

    async def is_alive(self, address: str) -> bool:
        """Whether whoever was asked is still there to answer."""
        channel = await self.connection.channel()
        try:
            await channel.declare_queue(_alive(address), passive=True)
        except ChannelLockedResource:  # exclusive to another connection
            return True
        except ChannelNotFoundEntity:
            return False
        await channel.close()
        return True


def _alive(address: str) -> str:
    return f"{address}.alive"


async def _channel(
    connection: AbstractConnection, lost: asyncio.Event, *, confirms: bool
) -> AbstractChannel:
    channel = await connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    channel.close_callbacks.add(lambda *_: lost.set())
    return channel


async def _answer(
    channel: AbstractChannel, service: Service, message: AbstractIncomingMessage
) -> None:
    """Answer one request in time; acknowledge it afterwards, so that only `at_once` are in hand."""
    until = datetime.fromisoformat(str(message.headers[DEADLINE]))
    left_s = (until - now()).total_seconds()
    with suppress(TimeoutError, *CONNECTION_EXCEPTIONS):
        try:
            if left_s > 0:
                async with asyncio.timeout(left_s):
                    envelope = await answered(service.answerer, message.body)
                reply = aio_pika.Message(envelope, correlation_id=message.correlation_id)
                to = str(message.reply_to)
                await channel.default_exchange.publish(reply, to, mandatory=False)
        finally:
            await message.ack()
