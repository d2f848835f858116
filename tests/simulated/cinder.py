"""Cinder's attachments (API v3.44) and the Keystone in front of it, on one real socket."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PROJECT = "0d1f5f8e6b3c4f8d9b7a"
USER, PASSWORD = "bessemer", "of-the-service"
CHAP = {"auth_method": "CHAP", "auth_username": "chap-user", "auth_password": "chap-word"}
Answer = Callable[[Request], Awaitable[Response]]


def refusal(status: int, name: str, message: str) -> JSONResponse:
    return JSONResponse({name: {"code": status, "message": message}}, status)


@dataclass
class SimulatedCinder:
    """Volumes by id with their status; `asked` is every call that got past the login."""

    volumes: dict[str, str] = field(default_factory=dict)
    attachments: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    logins: int = 0
    down: bool = False
    fails_after: str = ""
    """The next such call is carried out, and its answer lost."""

    def app(self) -> Starlette:
        base = f"/volume/v3/{PROJECT}"
        one = f"{base}/attachments/{{id}}"
        routes = [
            Route("/identity/v3/auth/tokens", self._log_in, methods=["POST"]),
            Route(f"{base}/attachments", self._known(self._create), methods=["POST"]),
            Route(f"{base}/attachments", self._known(self._list), methods=["GET"]),
            Route(one, self._known(self._show), methods=["GET"]),
            Route(one, self._known(self._update), methods=["PUT"]),
            Route(one, self._known(self._delete), methods=["DELETE"]),
            Route(f"{one}/action", self._known(self._complete), methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _log_in(self, request: Request) -> Response:
        identity = (await request.json())["auth"]["identity"]
        user = identity["password"]["user"]
        if (user["name"], user["password"]) != (USER, PASSWORD):
            return refusal(401, "error", "The request you have made requires authentication.")
        self.logins += 1
        token = f"token-{self.logins}"
        self.tokens.add(token)
        url = f"{request.url.scheme}://{request.url.netloc}/volume/v3/{PROJECT}"
        endpoints = [
            {"interface": "internal", "region": "one", "url": "http://127.0.0.1:1/"},
            {"interface": "public", "region": "one", "url": url},
        ]
        catalogue = [{"type": "block-storage", "endpoints": endpoints}]
        body = {"token": {"catalog": catalogue}}
        return JSONResponse(body, 201, {"X-Subject-Token": token})

    def _known(self, answer: Answer) -> Answer:
        async def checked(request: Request) -> Response:
            if self.down:
                return refusal(503, "overLimit", "The service is down.")
            if request.headers.get("X-Auth-Token") not in self.tokens:
                return refusal(401, "error", "Unauthorized")
            version = request.headers.get("OpenStack-API-Version", "")
            if not re.match(r"volume 3\.(4[4-9]|[5-9]\d)$", version):
                return refusal(404, "itemNotFound", f"{version!r} has no such call.")
            call = f"{request.method} {request.url.path.removeprefix(f'/volume/v3/{PROJECT}')}"
            self.asked.append(call)
            done = await answer(request)
            if self.fails_after and call.startswith(self.fails_after):
                self.fails_after = ""
                return refusal(504, "gateway", "The answer was lost.")
            return done

        return checked

    async def _create(self, request: Request) -> Response:
        wanted = (await request.json())["attachment"]
        volume = wanted["volume_uuid"]
        if volume not in self.volumes:
            return refusal(404, "itemNotFound", f"Volume {volume} could not be found.")
        if self.volumes[volume] != "available":
            return refusal(
                400,
                "badRequest",
                f"Invalid volume: Volume {volume} status must be available or downloading to "
                "reserve, but the current status is " + self.volumes[volume] + ".",
            )
        made = {
            "id": str(uuid4()),
            "volume_id": volume,
            "instance": wanted["instance_uuid"],
            "attach_mode": wanted["mode"],
            "status": "reserved",
            "connection_info": {},
        }
        self.volumes[volume] = "reserved"
        self.attachments[made["id"]] = made
        return self._connected(made, wanted.get("connector"))

    def _connected(self, made: dict[str, Any], connector: dict[str, Any] | None) -> Response:
        if connector:
            if not {"initiator", "host"} <= set(connector):
                return refusal(500, "computeFault", "The connector has no initiator.")
            names = f"iqn.2010-10.org.openstack:volume-{made['volume_id']}"
            made["connector"] = connector
            made["status"] = self.volumes[made["volume_id"]] = "attaching"
            made["connection_info"] = {
                "driver_volume_type": "iscsi",
                "target_portal": "10.0.0.5:3260",
                "target_iqn": names,
                "target_lun": 1,
                **CHAP,
            }
        return JSONResponse({"attachment": made})

    async def _update(self, request: Request) -> Response:
        made = self.attachments[request.path_params["id"]]
        return self._connected(made, (await request.json())["attachment"]["connector"])

    async def _list(self, request: Request) -> Response:
        wanted = request.query_params
        found = [
            {key: each[key] for key in ("id", "status", "volume_id", "instance")}
            for each in self.attachments.values()
            if each["volume_id"] == wanted.get("volume_id", each["volume_id"])
            and each["instance"] == wanted.get("instance_id", each["instance"])
        ]
        return JSONResponse({"attachments": found})

    async def _show(self, request: Request) -> Response:
        return JSONResponse({"attachment": self.attachments[request.path_params["id"]]})

    async def _complete(self, request: Request) -> Response:
        assert await request.json() == {"os-complete": {}}
        made = self.attachments[request.path_params["id"]]
        if made["status"] != "attaching":
            return refusal(400, "badRequest", f"Attachment is {made['status']}, not attaching.")
        made["status"], self.volumes[made["volume_id"]] = "attached", "in-use"
        return Response(status_code=204)

    async def _delete(self, request: Request) -> Response:
        made = self.attachments.pop(request.path_params["id"], None)
        if made is None:
            return refusal(404, "itemNotFound", "Volume attachment could not be found.")
        self.volumes[made["volume_id"]] = "available"
        return JSONResponse({"attachments": []})
