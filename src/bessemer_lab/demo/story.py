"""The story itself: rack up, cloud up, enrol, inspect, clean, a server's life, and all down again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bessemer_lab.demo.api import BAREMETAL, COMPUTE, IMAGE, NETWORK, Api
from bessemer_lab.demo.cloud import CloudProcess
from bessemer_lab.demo.enrol import enrol
from bessemer_lab.demo.screen import Screen
from bessemer_lab.demo.tenant import Shell, make_key
from bessemer_lab.errors import LabError
from bessemer_lab.lab import Lab
from bessemer_lab.rack import VlanRole

NODE_LIMIT_S: Final = 600.0
LOGIN_LIMIT_S: Final = 180.0

_LOOK_ROUND: Final = "hostname; lsblk --noheadings --list --output NAME,SIZE,MOUNTPOINT"
PROBE: Final = (
    "timeout 4 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null"
    " && echo reached || echo closed"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What the story is played on."""

    lab: Lab
    cloud: CloudProcess
    api: Api
    screen: Screen
    image: Path
    ramdisk_port: int = 6386


async def make_ready(stage: Stage) -> list[str]:
    """Enrol the rack; take every node from `enroll` to `available`. Returns the nodes' uuids."""
    with stage.screen.chapter("Enrol networks, image, flavor and nodes") as chapter:
        nodes = await enrol(stage.api, stage.lab.rack, stage.image)
        chapter.detail = f"{len(nodes)} nodes"
    for title, verb, state in (
        ("Verify the BMCs", "manage", "manageable"),
        ("Inspect the machines", "inspect", "manageable"),
        ("Clean the machines", "provide", "available"),
    ):
        with stage.screen.chapter(title) as chapter:
            await asyncio.gather(*(bring(stage.api, node, verb, state) for node in nodes))
            chapter.detail = state
    return nodes


async def bring(api: Api, node: str, verb: str, state: str, limit_s: float = NODE_LIMIT_S) -> None:
    """Ask for a provision verb, and wait for the state that it leads to.

    Raises LabError with the node's own words when it fails.
    """
    await api.put(f"{BAREMETAL}/nodes/{node}/states/provision", {"target": verb})
    await settle(api, node, state, limit_s)


async def settle(api: Api, node: str, state: str, limit_s: float = NODE_LIMIT_S) -> None:
    """Wait until a node has come to rest. Raises LabError when that is another state than wanted."""

    def at_rest(seen: Mapping[str, Any]) -> bool:
        return seen["target_provision_state"] is None or "failed" in seen["provision_state"]

    seen = await api.wait_for(f"{BAREMETAL}/nodes/{node}", at_rest, limit_s)
    if seen["provision_state"] != state:
        raise LabError(
            f"node {seen['name'] or node} is {seen['provision_state']}, not {state}: "
            f"{seen['last_error']}"
        )


async def request_server(stage: Stage, public_key: str, name: str = "demo") -> str:
    """Ask for a server on the first tenant network; its id."""
    tenant = next(v for v in stage.lab.rack.vlans if v.role is VlanRole.TENANT)
    api = stage.api
    await api.post(f"{COMPUTE}/os-keypairs", {"keypair": {"name": name, "public_key": public_key}})
    networks = await api.get(f"{NETWORK}/networks?name={tenant.name}")
    images = await api.get(f"{IMAGE}/images?name=debian")
    flavors = await api.get(f"{COMPUTE}/flavors")
    answer = await api.post(
        f"{COMPUTE}/servers",
        {
            "server": {
                "name": name,
                "flavorRef": flavors["flavors"][0]["id"],
                "imageRef": images["images"][0]["id"],
                "networks": [{"uuid": networks["networks"][0]["id"]}],
                "key_name": name,
                "config_drive": True,
            }
        },
    )
    server_id: str = answer["server"]["id"]
    return server_id


async def watch_server(stage: Stage, server_id: str) -> Mapping[str, Any]:
    """Show the sixteen steps until the server is ACTIVE. Raises LabError with its fault."""
    path = f"{COMPUTE}/servers/{server_id}"

    async def show() -> None:
        while True:
            steps = (await stage.api.get(f"{path}/timeline"))["timeline"]
            stage.screen.show_steps(steps)
            await asyncio.sleep(0.3)

    showing = asyncio.create_task(show())
    try:
        seen = await stage.api.wait_for(
            path, lambda answer: answer["server"]["status"] != "BUILD", NODE_LIMIT_S
        )
    finally:
        showing.cancel()
    stage.screen.show_steps((await stage.api.get(f"{path}/timeline"))["timeline"])
    server: Mapping[str, Any] = seen["server"]
    if server["status"] != "ACTIVE":
        raise LabError(
            f"the server is {server['status']}: {server.get('fault', {}).get('message')}"
        )
    return server


def shell_of(server: Mapping[str, Any], network_id: str, key: Path) -> Shell:
    """A shell on the server, by its first address."""
    address = next(iter(server["addresses"].values()))[0]["addr"]
    return Shell(f"bessemer-net-{network_id[:8]}", address, key)


async def look_round(stage: Stage, shell: Shell) -> tuple[str, str]:
    """Log in; hostname and disks. Raises LabError when provisioning can be reached from inside."""
    provisioning = next(v for v in stage.lab.rack.vlans if v.role is VlanRole.PROVISIONING)
    await shell.wait_until_it_answers(LOGIN_LIMIT_S)
    hostname, _, disks = (await shell.run(_LOOK_ROUND)).partition("\n")
    probe = PROBE.format(address=provisioning.gateway, port=stage.ramdisk_port)
    if (reached := await shell.run(probe)) != "closed":
        raise LabError(f"the server can reach the provisioning network ({reached})")
    return hostname, disks


async def tell(stage: Stage, directory: Path) -> Shell:
    """A server from request to login. Returns the shell on it."""
    public_key = await make_key(directory / "demo-key")
    with stage.screen.chapter(
        "Deploy a server, from request to active", with_steps=True
    ) as chapter:
        server_id = await request_server(stage, public_key)
        server = await watch_server(stage, server_id)
        chapter.detail = f"on node {server['OS-EXT-SRV-ATTR:hypervisor_hostname']}"
    ports = await stage.api.get(f"{NETWORK}/ports?device_id={server_id}")
    shell = shell_of(server, ports["ports"][0]["network_id"], directory / "demo-key")
    node = await stage.api.get(f"{BAREMETAL}/nodes/{server['OS-EXT-SRV-ATTR:hypervisor_hostname']}")
    hint = f"{node['name']} starts its own system; `bessemer lab console` shows it"
    with stage.screen.chapter("Log in over SSH through the tenant network", hint=hint) as chapter:
        hostname, disks = await look_round(stage, shell)
        chapter.detail = f"{hostname} at {shell.address}; provisioning is out of reach"
    stage.screen.console.print(disks, style="dim", highlight=False)
    return shell


async def end(stage: Stage, nodes: list[str]) -> None:
    """Delete the server and wait until its machine is clean again."""
    servers = (await stage.api.get(f"{COMPUTE}/servers"))["servers"]
    with stage.screen.chapter("Delete the server and clean its machine") as chapter:
        await asyncio.gather(*(stage.api.delete(f"{COMPUTE}/servers/{s['id']}") for s in servers))
        await stage.api.wait_for(
            f"{COMPUTE}/servers", lambda answer: not answer["servers"], NODE_LIMIT_S
        )
        await asyncio.gather(*(settle(stage.api, node, "available") for node in nodes))
        chapter.detail = "available"
