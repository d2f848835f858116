"""People who order servers and give them back, whatever the cloud is going through meanwhile."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError

PATIENCE_S = 300.0
PAUSE_S = 0.3
NO_HOST = "No valid host"
"""Every node is taken or being cleaned: a refusal in good order."""

T = TypeVar("T")


class Unanswered(Exception):
    """No answer, or one that says to try again."""


@dataclass
class Client:
    """Of the operators' API."""

    port: int

    def once(self, verb: str, path: str, body: Any = None) -> Any:
        """The decoded answer; None for 404. Raises Unanswered."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            body if isinstance(body, bytes) else json.dumps(body).encode() if body else None,
            {
                "X-OpenStack-Ironic-API-Version": "1.95",
                "Content-Type": "application/octet-stream"
                if isinstance(body, bytes)
                else "application/json",
            },
            method=verb,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            with error:
                words = error.read().decode(errors="replace")
            if error.code == 404:
                return None
            if error.code in (409, 503):
                raise Unanswered(f"{error.code} {words}") from None
            raise AssertionError(f"{verb} {path}: {error.code} {words}") from None
        except (OSError, HTTPException) as error:
            raise Unanswered(repr(error)) from None

    def call(self, verb: str, path: str, body: Any = None) -> Any:
        """Again and again until it is answered; for what may be said twice."""
        return until(lambda: (self.once(verb, path, body),), f"{verb} {path}")[0]


def until(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds at last; not being answered is not the end."""
    end, last = time.monotonic() + PATIENCE_S, ""
    while time.monotonic() < end:
        try:
            if (found := look()) is not None:
                return found
        except Unanswered as error:
            last = str(error)
        time.sleep(PAUSE_S)
    raise AssertionError(f"{what}: not within {PATIENCE_S:.0f} s; {last}")


Server = Mapping[str, Any]


@dataclass
class Tenant:
    """Orders a server, has it looked at, gives it back; then the next one."""

    name: str
    client: Client
    order: Mapping[str, Any]
    """Flavor, image and networks of each."""
    look_at: Callable[[Server], None]
    served: int = 0
    turned_away: int = 0

    def live_once(self) -> None:
        """One server's life, to the end of both."""
        server = self._ordered(f"{self.name}-{self.served + self.turned_away}")
        seen = until(lambda: self._at_rest(server), f"server {server}")
        if seen["status"] == "ACTIVE":
            self.look_at(seen)
            self.served += 1
        else:
            assert NO_HOST in seen["fault"]["message"], seen["fault"]
            self.turned_away += 1
        self.client.call("DELETE", f"/compute/v2.1/servers/{server}")
        until(lambda: self._gone(server), f"server {server} to go")

    def _ordered(self, name: str) -> str:
        """Its id. An order without an answer is given again only if it was not heard."""
        body = {"server": {"name": name, **self.order}}

        def look() -> str | None:
            for known in self.client.once("GET", f"/compute/v2.1/servers?name={name}")["servers"]:
                return str(known["id"])
            return str(self.client.once("POST", "/compute/v2.1/servers", body)["server"]["id"])

        return until(look, f"an order for {name}")

    def _at_rest(self, server: str) -> Server | None:
        seen = self.client.once("GET", f"/compute/v2.1/servers/{server}")["server"]
        return seen if seen["status"] in ("ACTIVE", "ERROR") else None

    def _gone(self, server: str) -> bool | None:
        return True if self.client.once("GET", f"/compute/v2.1/servers/{server}") is None else None
