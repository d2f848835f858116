"""Speaks HTTP to an ASGI application in this process: no socket, no server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class AsgiClient:
    """`await client.get("/v1")`; `headers` go with every request."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self.headers = dict(headers or {})

    async def get(self, url: str, **headers: str) -> Answer:
        return await self.request("GET", url, headers=headers)

    async def delete(self, url: str, **headers: str) -> Answer:
        return await self.request("DELETE", url, headers=headers)

    async def post(self, url: str, body: Any = None, **headers: str) -> Answer:
        return await self.request("POST", url, body, headers=headers)

    async def put(self, url: str, body: Any = None, **headers: str) -> Answer:
        return await self.request("PUT", url, body, headers=headers)

    async def patch(self, url: str, body: Any = None, **headers: str) -> Answer:
        return await self.request("PATCH", url, body, headers=headers)

    async def request(
        self, method: str, url: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """`body`: bytes as they are, None for none, anything else as JSON. `_` in names becomes `-`."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        raw = content if isinstance(content, bytes) else content.encode()
        wanted = {"host": "cloud.test", "content-type": "application/json", **self.headers}
        wanted |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if "transfer-encoding" not in wanted:
            wanted["content-length"] = str(len(raw))
        parts = urlsplit(url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode()) for k, v in wanted.items()],
            "client": ("127.0.0.1", 40000),
            "server": ("cloud.test", 80),
        }
        incoming: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]
        answer: list[Message] = []

        async def receive() -> Message:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, send)
        start = answer[0]
        return Answer(
            start["status"],
            Headers(raw=list(start.get("headers", []))),
            b"".join(message.get("body", b"") for message in answer[1:]),
        )
