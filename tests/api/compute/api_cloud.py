"""The compute API over a compute service among simulated neighbours."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.asgi import AsgiClient
from tests.simulated.baremetal import SimulatedNode
from tests.simulated.cloud import ComputeCloud, a_compute_cloud

from bessemer.compute.api.service import compute_api
from bessemer.context import RequestContext, RequestId
from bessemer.errors import Unauthorized
from bessemer.web.authentication import Authenticate
from bessemer.web.dispatch import application

PEOPLE = {
    "ann": ("ann", "shop", frozenset({"member", "reader"})),
    "bob": ("bob", "bank", frozenset({"member", "reader"})),
    "eve": ("eve", "bank", frozenset({"admin", "member", "reader"})),
    "root": ("root", "admin", frozenset({"admin", "member", "reader"})),
}
"""Token -> user, project, roles."""


def by_name() -> Authenticate:
    async def authenticate(headers: Mapping[str, str], request_id: RequestId) -> RequestContext:
        if headers.get("X-Auth-Token") not in PEOPLE:
            raise Unauthorized("Authentication required.")
        user, project, roles = PEOPLE[headers["X-Auth-Token"]]
        return RequestContext(
            request_id=request_id,
            user_id=user,
            project_id=project,
            roles=roles,
            system_scope=project == "admin",
        )

    return authenticate


class ApiCloud:
    def __init__(self, cloud: ComputeCloud) -> None:
        self.cloud = cloud
        app = application([compute_api(cloud.compute)], by_name())
        version = {"OpenStack-API-Version": "compute 2.96"}
        self.ann = AsgiClient(app, {"X-Auth-Token": "ann", **version})
        self.bob = AsgiClient(app, {"X-Auth-Token": "bob", **version})
        self.eve = AsgiClient(app, {"X-Auth-Token": "eve", **version})
        self.root = AsgiClient(app, {"X-Auth-Token": "root", **version})
        self.nobody = AsgiClient(app)

    def wish(self, **fields: Any) -> dict[str, Any]:
        values = {
            "name": "web",
            "flavorRef": "1",
            "imageRef": self.cloud.image_id,
            "networks": [{"uuid": self.cloud.tenant}],
        }
        return {"server": values | fields}

    async def create(self, **fields: Any) -> str:
        answer = await self.ann.post("/compute/v2.1/servers", self.wish(**fields))
        assert answer.status == 202, answer.content
        server_id: str = answer.json["server"]["id"]
        return server_id


@asynccontextmanager
async def an_api_cloud(
    directory: Path, *nodes: SimulatedNode, **settings: Any
) -> AsyncIterator[ApiCloud]:
    async with a_compute_cloud(directory, *nodes, **settings) as cloud:
        yield ApiCloud(cloud)
