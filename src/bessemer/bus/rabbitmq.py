"""The bus between processes, over RabbitMQ (AMQP 0-9-1): it reconnects by itself, for as long as it takes."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    DeliveryError,
    ProbableAuthenticationError,
)

from bessemer.bus.bus import AT_ONCE, Answerer, Handler, NoAnswer, NobodyListens
from bessemer.bus.envelope import opened
from bessemer.bus.link import Link, Service
from bessemer.clock import now
from bessemer.errors import ConfigurationError
from bessemer.json_types import Json, JsonObject

log = structlog.get_logger()

LOST: Final = (*CONNECTION_EXCEPTIONS, TimeoutError)
PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
WATCHED_EVERY_S: Final = 3.0
"""Between two looks whether the other side of a request still lives."""
PATIENCE_S: Final = 5.0
"""How long a request waits for a lost connection to come back before it is refused."""


class RabbitBus:
    """`url`: amqp(s)://user:password@host:port/vhost. It is shown to nobody."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._services: dict[str, Service] = {}
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._link: asyncio.Future[Link] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect. Raises ConfigurationError for a broker that is not there or does not let us in."""
        self._link = asyncio.get_running_loop().create_future()
        try:
            link = await self._connect()
        except (ProbableAuthenticationError, *LOST, ValueError) as error:
            raise ConfigurationError(
                f"bus.url: cannot connect to RabbitMQ ({type(error).__name__}). Is it running, do "
                "host and port lead to it, and are user, password and vhost right?"
            ) from None
        self._keeper = asyncio.create_task(self._keep(link))

    async def check(self) -> None:
        """Raises NobodyListens while we are not connected."""
        if self._present_link() is None:
            raise _not_there()

    async def publish(self, topic: str, message: JsonObject) -> None:
        link = self._present_link()
        if link is None:
            return
        with suppress(*LOST):
            await link.nudge(topic, msgspec.json.encode(message))

    def subscribe(self, topic: str, handler: Handler) -> Callable[[], None]:
        first = not self._handlers[topic]
        self._handlers[topic].append(handler)
        if first and (link := self._present_link()) is not None:
            self._start(_unless_lost(link.own.bind(link.nudges, topic)))
        return lambda: self._handlers[topic].remove(handler)

    async def request(self, address: str, message: JsonObject, limit: timedelta) -> Json:
        link = await self._link_in_time()
        ident, until = uuid.uuid4().hex, now() + limit
        answer = self._answers[ident] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await link.ask(address, msgspec.json.encode(message), ident, until)
                return opened(await _watched(link, address, answer))
        except DeliveryError:
            raise NobodyListens(f"Nobody serves {address}.") from None
        except TimeoutError:
            raise NoAnswer(
                f"{address} gave no answer within {limit.total_seconds():g} s."
            ) from None
        except CONNECTION_EXCEPTIONS:
            raise _broken(address) from None
        finally:
            del self._answers[ident]
            answer.cancel()

    async def serve(
        self, address: str, answerer: Answerer, at_once: int = AT_ONCE
    ) -> Callable[[], Awaitable[None]]:
        service = self._services[address] = Service(address, answerer, at_once)
        await self._take_up(service)

        async def end() -> None:
            del self._services[address]
            if (link := self._present_link()) is not None:
                await _unless_lost(link.lay_down(service))
            await service.idle()

        return end

    async def close(self) -> None:
        if self._keeper is None:
            return
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper
        link = self._present_link()
        if link is not None:
            await link.connection.close()
        under_way = [*self._tasks, *(t for s in self._services.values() for t in s.in_hand)]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _keep(self, link: Link) -> None:
        """Once the connection is lost: tell who waits, and connect again, until cancelled."""
        while True:
            await link.lost.wait()
            await _unless_lost(link.connection.close())
            log.warning("bus.connection_lost")
            self._link = asyncio.get_running_loop().create_future()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionError())
            link = await self._reconnect()
            log.info("bus.connected_again")

    async def _reconnect(self) -> Link:
        pause = PAUSE_S
        while True:
            try:
                return await self._connect()
            except LOST as error:
                log.debug("bus.cannot_connect", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _connect(self) -> Link:
        link = await Link.open(self._url, tuple(self._handlers), self._receive)
        try:
            for service in tuple(self._services.values()):
                await link.take_up(service)
        except BaseException:
            await link.connection.close()
            raise
        assert self._link is not None
        self._link.set_result(link)
        return link

    async def _take_up(self, service: Service) -> None:
        """Again and again: a connection that died without a word keeps its addresses for a while."""
        while True:
            try:
                return await (await self._link_in_time()).take_up(service)
            except (NobodyListens, *LOST) as error:
                why = type(error).__name__
                log.warning("bus.cannot_serve_yet", address=service.address, error=why)
            await asyncio.sleep(PAUSE_S)

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        if message.correlation_id is None:
            for handler in tuple(self._handlers[str(message.routing_key)]):
                self._start(_deliver(str(message.routing_key), handler, message.body))
            return
        answer = self._answers.get(message.correlation_id)
        if answer is not None and not answer.done():
            answer.set_result(message.body)

    def _present_link(self) -> Link | None:
        return self._link.result() if self._link is not None and self._link.done() else None

    async def _link_in_time(self) -> Link:
        assert self._link is not None, "RabbitBus.start() has not run"
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.shield(self._link)
        except TimeoutError:
            raise _not_there() from None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _watched(link: Link, address: str, answer: asyncio.Future[bytes]) -> bytes:
    """The answer. Raises NoAnswer once whoever was asked is gone."""
    while not (await asyncio.wait([answer], timeout=WATCHED_EVERY_S))[0]:
        if not await link.is_alive(address) and not answer.done():
            raise NoAnswer(f"{address} went away while it was asked.")
    return answer.result()


async def _unless_lost(work: Awaitable[Any]) -> None:
    with suppress(*LOST):
        await work


async def _deliver(topic: str, handler: Handler, body: bytes) -> None:
    try:
        await handler(msgspec.json.decode(body))
    except Exception:
        log.exception("bus.handler_failed", topic=topic)


def _not_there() -> NobodyListens:
    return NobodyListens("The message bus is not there (bus.url); it is tried again and again.")


def _broken(address: str) -> NoAnswer:
    return NoAnswer(
        f"The connection to the message bus broke while {address} was asked; it may have carried "
        "the request out. Look, then try again."
    )
