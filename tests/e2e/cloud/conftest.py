"""One virtual rack and one cloud for all tests here: expensive, so made once and shared."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.integration.agent.agent_process import free_port

from bessemer_lab.demo import story
from bessemer_lab.demo.api import BAREMETAL, COMPUTE, IMAGE, NETWORK, Api, ApiError
from bessemer_lab.demo.cloud import CloudProcess
from bessemer_lab.demo.cloud_settings import Boot, settings_for
from bessemer_lab.demo.screen import Screen
from bessemer_lab.demo.tenant import Shell, make_key
from bessemer_lab.lab import Lab
from bessemer_lab.machine_handle import MachineHandle

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "var"
PORT = free_port()
QUICK = {
    "agent_lost_after": 12,
    "boot_retry_timeout": 150,
    "deploy_callback_timeout": 500,
    "clean_callback_timeout": 500,
    "ipmi_retry_timeout": 6,
}
"""Seconds; what a person waits for minutes, a test need not. Emulated processors stand still about
once in some hundred boots: such a machine is started anew, as a real one would be."""

BOOT = Boot(BUILT / "ramdisk" / "kernel", BUILT / "ramdisk" / "initramfs")


@dataclass
class Bench:
    """The shared rack with its cloud, and what the tests do on it."""

    stage: story.Stage
    nodes: dict[str, str]
    """Node uuid by machine name."""
    directory: Path

    @property
    def api(self) -> Api:
        return self.stage.api

    @property
    def cloud(self) -> CloudProcess:
        return self.stage.cloud

    def machine(self, name: str) -> MachineHandle:
        return self.stage.lab.machine(name)

    async def node(self, name: str) -> Mapping[str, Any]:
        seen: Mapping[str, Any] = await self.api.get(f"{BAREMETAL}/nodes/{self.nodes[name]}")
        return seen

    async def patch(self, name: str, path: str, value: Any) -> None:
        change = [{"op": "add", "path": path, "value": value}]
        await self.api.call("PATCH", f"{BAREMETAL}/nodes/{self.nodes[name]}", change)

    async def upload(self, file: Path, kind: str, name: str = "", **properties: str) -> str:
        """Make an image of the file, by its own name or another; its id."""
        container = kind if kind in ("aki", "ari") else "bare"
        body = {"name": name or file.name, "disk_format": kind, "container_format": container}
        image = await self.api.post(f"{IMAGE}/images", {**body, **properties})
        await self.api.upload(f"{IMAGE}/images/{image['id']}/file", file)
        return str(image["id"])

    async def order(self, name: str, network: str = "tenant-a", image: str = "debian") -> str:
        """Ask for a server; its id."""
        networks = await self.api.get(f"{NETWORK}/networks?name={network}")
        images = await self.api.get(f"{IMAGE}/images?name={image}")
        flavors = await self.api.get(f"{COMPUTE}/flavors")
        body = {
            "name": name,
            "flavorRef": flavors["flavors"][0]["id"],
            "imageRef": images["images"][0]["id"],
            "networks": [{"uuid": networks["networks"][0]["id"]}],
            "key_name": "tests",
            "config_drive": True,
        }
        answer = await self.api.post(f"{COMPUTE}/servers", {"server": body})
        server_id: str = answer["server"]["id"]
        return server_id

    async def server(self, server_id: str) -> Mapping[str, Any]:
        answer = await self.api.get(f"{COMPUTE}/servers/{server_id}")
        found: Mapping[str, Any] = answer["server"]
        return found

    async def until(self, server_id: str, *states: str, limit_s: float = 600) -> Mapping[str, Any]:
        """The server once it is in one of these states."""
        seen = await self.api.wait_for(
            f"{COMPUTE}/servers/{server_id}", lambda s: s["server"]["status"] in states, limit_s
        )
        found: Mapping[str, Any] = seen["server"]
        return found

    async def until_step(self, name: str, step: str, limit_s: float = 240) -> Mapping[str, Any]:
        """The node once this deploy step is in hand and has shown progress."""

        def there(node: Mapping[str, Any]) -> bool:
            at = node["deploy_step"] or {}
            progress = at.get("progress") or {}
            return at.get("step") == step and progress.get("done", 0) > 0

        return await self.api.wait_for(f"{BAREMETAL}/nodes/{self.nodes[name]}", there, limit_s)

    def said(self, name: str, *words: str) -> int:
        """How many lines on the machine's console have all these words.

        QEMU's log of a serial line doubles a character now and then.
        """
        lines = self.machine(name).console_path.read_text(errors="replace").splitlines()
        wanted = [re.compile("".join(f"{re.escape(c)}{{1,2}}" for c in word)) for word in words]
        return sum(all(each.search(line) for each in wanted) for line in lines)

    async def until_said(
        self, name: str, *words: str, times: int = 1, limit_s: float = 300
    ) -> None:
        """Return once that many lines on the machine's console have all these words."""
        async with asyncio.timeout(limit_s):
            while self.said(name, *words) < times:  # noqa: ASYNC110 - a console log has no events
                await asyncio.sleep(0.5)

    async def restart(self, **changes: int) -> None:
        """Stop the server and start it with other timeouts; without any, with those of all tests."""
        await self.cloud.stop()
        self.cloud.settings = settings_for(
            self.stage.lab,
            self.directory / "state",
            BOOT,
            port=PORT,
            extra=_lines({**QUICK, **changes}),
        )
        await self.cloud.start()

    async def disk_is_blank(self, name: str) -> bool:
        """Whether the machine's first disk holds neither partition table nor data."""
        disk = self.machine(name).files.disk(0)
        return await asyncio.to_thread(_is_blank, disk)

    async def only(self, name: str) -> None:
        """Leave this machine alone free: the others go into maintenance."""
        for other in self.nodes:
            await self.patch(other, "/maintenance", other != name)

    async def all_free(self) -> None:
        """Take every machine out of maintenance."""
        for name in self.nodes:
            await self.patch(name, "/maintenance", False)

    def vlan_of(self, port: str) -> int:
        """The VLAN of a switch port, as the switch says."""
        return self.stage.lab.port_tags()[port]

    async def shell(self, server: Mapping[str, Any]) -> Shell:
        ports = await self.api.get(f"{NETWORK}/ports?device_id={server['id']}")
        network_id = ports["ports"][0]["network_id"]
        return story.shell_of(server, network_id, self.directory / "key")

    async def delete(self, *server_ids: str) -> None:
        """Delete what is there of these, and wait until the nodes are available again."""
        for server_id in server_ids:
            try:
                await self.api.delete(f"{COMPUTE}/servers/{server_id}")
            except ApiError as error:
                if error.status != 404:
                    raise
        await self.api.wait_for(f"{COMPUTE}/servers", lambda a: not a["servers"], 300)
        await asyncio.gather(
            *(story.settle(self.api, node, "available") for node in self.nodes.values())
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    if os.geteuid() != 0:
        pytest.skip("virtual racks need root")
    for needed in ("ramdisk/kernel", "image/debian.qcow2"):
        if not (BUILT / needed).exists():
            pytest.fail(f"{BUILT / needed} is missing; `make ramdisk image` builds it")
    directory = tmp_path_factory.mktemp("cloud")
    rack = directory / "rack.yaml"
    shipped = (ROOT / "lab" / "rack.yaml").read_text()
    rack.write_text(shipped.replace("name: demo\n", f"name: e2e-{os.getpid()}\n"))
    lab = await asyncio.to_thread(Lab.up, rack, directory / "lab")
    extra = _lines(QUICK)
    settings = settings_for(lab, directory / "state", BOOT, port=PORT, extra=extra)
    cloud = CloudProcess(lab, directory, settings, PORT)
    try:
        await cloud.start()
        async with Api(cloud.url) as api:
            stage = story.Stage(lab, cloud, api, Screen(), BUILT / "image" / "debian.qcow2")
            uuids = await story.make_ready(stage)
            key = await make_key(directory / "key")
            body = {"keypair": {"name": "tests", "public_key": key}}
            await api.post(f"{COMPUTE}/os-keypairs", body)
            names = [machine.name for machine in lab.rack.machines]
            yield Bench(stage, dict(zip(names, uuids, strict=True)), directory)
    finally:
        await cloud.stop()
        await asyncio.to_thread(lab.down)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _no_server_stays(bench: Bench) -> AsyncIterator[None]:
    """What a test that failed has left would fail the next ones, too."""
    yield
    answer = await bench.api.get(f"{COMPUTE}/servers")
    if answer["servers"]:
        await bench.delete(*(server["id"] for server in answer["servers"]))


def _lines(values: Mapping[str, int]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def _is_blank(disk: Path) -> bool:
    """Whether every byte that the sparse file holds is zero."""
    with disk.open("rb") as content:
        at, end = 0, disk.stat().st_size
        while at < end:
            try:
                at = os.lseek(content.fileno(), at, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but holes from here on
                return True
            content.seek(at)
            piece = content.read(1024 * 1024)
            if piece.count(0) != len(piece):
                return False
            at += len(piece)
    return True
