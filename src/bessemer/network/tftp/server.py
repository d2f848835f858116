"""Port 69 on the addresses at which the cloud's own networks are served."""

import asyncio
import contextlib
import socket
from collections import Counter
from contextvars import Context
from typing import Final, NamedTuple

import structlog

from bessemer.network.dhcp.failure import DhcpFailure
from bessemer.network.tftp import packets
from bessemer.network.tftp.library import Library
from bessemer.network.tftp.packets import Refused, Request
from bessemer.network.tftp.transfer import ClientGone, Transfer

log = structlog.get_logger()

PORT: Final = 69
MOST_TRANSFERS: Final = 500
"""At once: a rack that powers on together. Who finds no place asks again."""
MOST_OF_ONE_CLIENT: Final = 16

_HEADERS: Final = 32
"""Of IP, UDP and TFTP together: a block must not make a datagram of fragments, which boot ROMs lose."""

Client = tuple[str, int]
"""Address and port, which with TFTP name one transfer."""


class Place(NamedTuple):
    """Where to listen, and the network's MTU in bytes."""

    address: str
    mtu: int


class TftpServers:
    """One per network and address. Calls for one network must come one after the other."""

    def __init__(self, library: Library, port: int = PORT) -> None:
        self._library = library
        self._port = port
        self._open: dict[str, dict[Place, TftpServer]] = {}

    async def serve(self, network_id: str, places: frozenset[Place]) -> None:
        """At these places and no others. Raises DhcpFailure."""
        servers = self._open.setdefault(network_id, {})
        for place in servers.keys() - places:
            await servers.pop(place).stop()
        for place in places - servers.keys():
            servers[place] = await TftpServer.start(self._library, place, self._port)

    async def end(self, network_id: str) -> None:
        """Serve nothing on this network."""
        await self.serve(network_id, frozenset())
        self._open.pop(network_id)

    async def stop(self) -> None:
        """End all, and what the library has open."""
        for network_id in list(self._open):
            await self.end(network_id)
        await self._library.close()


class TftpServer(asyncio.DatagramProtocol):
    """At one place; every transfer has a port of its own, as RFC 1350 wants it."""

    _transport: asyncio.DatagramTransport

    def __init__(self, library: Library, place: Place) -> None:
        self._library = library
        self._place = place
        self._running: dict[Client, tuple[Transfer, asyncio.Task[None]]] = {}

    @classmethod
    async def start(cls, library: Library, place: Place, port: int) -> "TftpServer":
        """Raises DhcpFailure."""
        server = cls(library, place)
        try:
            asked = _socket((place.address, port))
        except OSError as error:
            raise DhcpFailure(
                f"TFTP cannot be served at {place.address}: {error.strerror}. "
                f"`ss -lunp sport = {port}` shows who has the port."
            ) from error
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: server, sock=asked)
        return server

    @property
    def port(self) -> int:
        """The one that clients ask first."""
        return int(self._transport.get_extra_info("sockname")[1])

    async def stop(self) -> None:
        """End every transfer."""
        self._transport.close()
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, datagram: bytes, client: Client) -> None:
        """A request; whoever asks anew after a transfer has begun (a reset machine) begins anew."""
        try:
            request = packets.parse_request(datagram)
        except Refused as refusal:
            self._transport.sendto(packets.error(refusal), client)
            return
        if request is None or not self._may_begin(client):
            return
        link = self._link(client)
        if link is not None:
            transfer = Transfer(link)
            work = self._send(request, transfer, link, client)
            task = asyncio.create_task(work, context=Context())  # of no request to an API
            self._running[client] = (transfer, task)

    def _may_begin(self, client: Client) -> bool:
        """A repeated request whose transfer is still unheard is answered by that transfer."""
        transfer, task = self._running.get(client, (None, None))
        if transfer is not None and task is not None:
            if transfer.is_heard:
                task.cancel()
            return transfer.is_heard
        hosts = Counter(host for host, _ in self._running)
        return hosts.total() < MOST_TRANSFERS and hosts[client[0]] < MOST_OF_ONE_CLIENT

    def _link(self, client: Client) -> socket.socket | None:
        try:
            return _socket((self._place.address, 0), client)
        except OSError as error:
            log.debug("tftp.no_way_back", client=client, reason=str(error))
            return None

    async def _send(
        self, request: Request, transfer: Transfer, link: socket.socket, client: Client
    ) -> None:
        said = log.bind(name=request.name[:200], client=client[0])
        try:
            with link:
                await self._answer(request, transfer, link)
            said.info("tftp.sent")
        except Refused as refusal:
            said.info("tftp.refused", reason=refusal.words)
        except ClientGone as gone:
            said.info("tftp.not_sent", reason=str(gone))
        except Exception:
            said.exception("tftp.failed")
        finally:
            if self._running.get(client, (None,))[0] is transfer:
                del self._running[client]

    async def _answer(self, request: Request, transfer: Transfer, link: socket.socket) -> None:
        try:
            async with self._library.open(request.name, self._place.address) as source:
                terms = request.terms(source.size, self._place.mtu - _HEADERS)
                await transfer.send(source, terms)
        except Refused as refusal:
            with contextlib.suppress(OSError):
                link.send(packets.error(refusal))
            raise


def _socket(own: Client, client: Client | None = None) -> socket.socket:
    """Bound, and connected to a client. Raises OSError."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        made.bind(own)
        if client is not None:
            made.connect(client)
    except OSError:
        made.close()
        raise
    return made
