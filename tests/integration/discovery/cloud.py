"""A whole cloud with auto-discovery, spoken to without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.asgi import Answer, AsgiClient

from bessemer.bootstrap import Cloud
from bessemer.settings import load_settings

MAC = "52:54:00:12:34:56"
VERSION = {"X-OpenStack-Ironic-API-Version": "1.115"}


@dataclass
class Site:
    """`client` is an operator's, `listener` what machines reach."""

    cloud: Cloud
    client: AsgiClient
    listener: AsgiClient

    async def nodes(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = (await self.client.get("/v1/nodes/detail")).json["nodes"]
        return listed

    async def report(self, body: Any) -> Answer:
        return await self.listener.post("/v1/continue_inspection", body)


@asynccontextmanager
async def a_site(folder: Path, rules: str = "[]", **discovery: Any) -> AsyncIterator[Site]:
    kernel, ramdisk, file = folder / "kernel", folder / "ramdisk", folder / "rules.yaml"
    for each in (kernel, ramdisk):
        each.write_bytes(b"bytes")
    file.write_text(rules)
    flags = {
        "server": {"state_directory": folder / "state"},
        "network": {"dhcp": "none"},
        "baremetal": {
            "deploy_kernel": str(kernel),
            "deploy_ramdisk": str(ramdisk),
            "ramdisk_kernel_params": "ipa-lldp-timeout=0",
            "inspection_rules_file": str(file),
            "auto_discovery": discovery,
        },
    }
    cloud = Cloud(load_settings(flags=flags))
    try:
        await cloud.start()
        clients = (AsgiClient(app, VERSION) for app in (cloud.operators_app, cloud.ramdisk_app))
        yield Site(cloud, *clients)
    finally:
        await cloud.stop()
