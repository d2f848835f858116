"""A fresh image service with its API on a real socket, for tests."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from tests.databases import a_database, a_kept_database
from tests.live_server import serving

from bessemer.context import RequestContext, RequestId, admin_context
from bessemer.image.api.object_store import object_store_service
from bessemer.image.api.service import image_api
from bessemer.image.service import EmbeddedImages
from bessemer.image.settings import ImageSettings
from bessemer.web.dispatch import application

PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
BYTES = {"Content-Type": "application/octet-stream"}
V2 = "/image/v2/images"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes
    json: Any


@dataclass
class Room:
    images: EmbeddedImages
    base_url: str
    http: aiohttp.ClientSession
    directory: Path
    as_project: dict[str, str] = field(default_factory=dict)

    async def request(self, method: str, path: str, **options: Any) -> Answer:
        headers = {**self.as_project, **options.pop("headers", {})}
        url = path if "://" in path else self.base_url + path
        async with self.http.request(method, url, headers=headers, **options) as reply:
            content = await reply.read()
            json = await reply.json() if reply.content_type == "application/json" else None
            return Answer(reply.status, reply.headers, content, json)

    async def get(self, path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("GET", path, headers=named)

    async def post(self, path: str, body: Any) -> Answer:
        return await self.request("POST", path, json=body)

    async def patch(self, image_id: str, *operations: Any) -> Answer:
        return await self.request("PATCH", f"{V2}/{image_id}", json=list(operations), headers=PATCH)

    async def upload(self, image_id: str, data: Any, **headers: str) -> Answer:
        return await self.request(
            "PUT", f"{V2}/{image_id}/file", data=_body(data), headers={**BYTES, **headers}
        )

    async def create(self, **attributes: Any) -> str:
        values = {"name": "img", "disk_format": "raw", "container_format": "bare", **attributes}
        answer = await self.post(V2, values)
        assert answer.status == 201, answer.content
        return str(answer.json["id"])

    async def an_image(self, data: bytes = b"some bytes", **attributes: Any) -> str:
        image_id = await self.create(**attributes)
        answer = await self.upload(image_id, data)
        assert answer.status == 204, answer.content
        return image_id

    async def show(self, image_id: str) -> Any:
        return (await self.get(f"{V2}/{image_id}")).json

    def files(self) -> list[str]:
        """Every file that the store holds, finished or not."""
        found = [path for path in (self.directory / "images").rglob("*") if path.is_file()]
        return sorted(path.name for path in found if path.name != "lock")


async def _answers(room: Room) -> None:
    """Poll with a deadline: the server starts to listen in a task of its own."""
    async with asyncio.timeout(10):
        while True:
            try:
                await room.get("/image/versions")
                return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.01)


def _body(data: Any) -> Any:
    return io.BytesIO(data) if isinstance(data, bytes) and data else data


async def by_header(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
    """Authentication of these tests: `X-Project` is a member of that project, none an administrator."""
    project = headers.get("X-Project")
    if project is None:
        return admin_context(request_id)
    return RequestContext(
        request_id=request_id, project_id=project, roles=frozenset({"member", "reader"})
    )


@asynccontextmanager
async def a_room(directory: Path, kept: Path | None = None, **settings: Any) -> AsyncIterator[Room]:
    """`kept`: a database file that outlives the room."""
    async with a_kept_database(kept) if kept else a_database(directory) as database:
        images = EmbeddedImages(database, ImageSettings(**settings), directory)
        app = application([image_api(images), object_store_service(images)], by_header)
        try:
            await images.prepare()
            await images.start()
            async with serving(app) as base_url, aiohttp.ClientSession() as http:
                room = Room(images, base_url, http, directory)
                await _answers(room)
                yield room
        finally:
            await images.stop()
