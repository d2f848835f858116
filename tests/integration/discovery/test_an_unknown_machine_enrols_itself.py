"""Auto-discovery over HTTP: the true boot script, the true agent, the whole server, no machine."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent.agent_process import a_room, running_agent
from tests.integration.discovery.cloud import MAC, Site, a_site
from tests.live_server import serving

from bessemer.errors import ConfigurationError

PATIENCE_S = 30
IPMI = {"enabled": True, "driver": "ipmi"}
RULES = """\
- description: discovered machines say so
  scope: discovered
  actions:
    - {op: set-attribute, args: {path: /extra/found_by, value: "{inventory[interfaces][0][name]}"}}
- description: not for these
  scope: elsewhere
  actions: [{op: fail, args: {msg: wrong scope}}]
"""


def kernel_parameters(script: str) -> str:
    (line,) = (line for line in script.splitlines() if line.startswith("kernel "))
    return line.split(" ", 2)[2].removesuffix(" || goto again")


async def the_first_node(site: Site) -> dict[str, Any]:
    for _ in range(PATIENCE_S * 20):
        if listed := await site.nodes():
            return listed[0]
        await asyncio.sleep(0.05)  # nothing tells a client of a new node
    raise TimeoutError("no node was enrolled")


async def test_it_boots_the_ramdisk_and_becomes_a_node(tmp_path: Path) -> None:
    folder = tmp_path / "machine"
    folder.mkdir()
    async with (
        a_site(tmp_path, RULES, **IPMI, inspection_scope="discovered") as site,
        serving(site.cloud.ramdisk_app) as url,
    ):
        host = url.removeprefix("http://")
        script = (await site.listener.get(f"/boot/ipxe/{MAC}", host=host)).content.decode()
        assert f"kernel {url}/boot/files/discovery/kernel " in script
        machine = a_room(folder, kernel_parameters(script))
        machine.add_disk("vda", 5 << 30)
        with running_agent(machine):
            node = await the_first_node(site)
        assert (node["provision_state"], node["driver"]) == ("enroll", "ipmi")
        assert (node["inspect_interface"], node["last_error"]) == ("agent", None)
        assert node["properties"]["local_gb"] == 4
        assert node["extra"] == {"found_by": "eth0"}
        place = f"/v1/nodes/{node['uuid']}"
        ports = (await site.client.get(f"{place}/ports/detail")).json["ports"]
        assert [port["address"] for port in ports] == [MAC]
        kept = (await site.client.get(f"{place}/inventory")).json
        assert kept["plugin_data"]["auto_discovered"] is True
        known = (await site.listener.get(f"/boot/ipxe/{MAC}")).content
        assert b"no network boot to do" in known


async def test_every_loader_can_boot_it(tmp_path: Path) -> None:
    callback = b"ipa-inspection-callback-url=http://cloud.test/v1/continue_inspection"
    async with a_site(tmp_path, **IPMI) as site, serving(site.cloud.ramdisk_app) as url:
        for loader in ("ipxe", "pxelinux", "grub"):
            assert callback in (await site.listener.get(f"/boot/{loader}/{MAC}")).content
        for name in ("kernel", "ramdisk"):
            reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
            writer.write(f"GET /boot/files/discovery/{name} HTTP/1.0\r\n\r\n".encode())
            assert (await reader.read()).endswith(b"\r\n\r\nbytes")
            writer.close()


async def test_unless_it_is_switched_on_nothing_boots_for_strangers(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        assert b"no network boot to do" in (await site.listener.get(f"/boot/ipxe/{MAC}")).content
        assert (await site.listener.get("/boot/files/discovery/kernel")).status == 404


@pytest.mark.parametrize("host", ["a b", "a;reboot", "${x}", "a||b"])
async def test_a_host_header_is_no_way_into_the_script(tmp_path: Path, host: str) -> None:
    async with a_site(tmp_path, **IPMI) as site:
        answer = await site.listener.get(f"/boot/ipxe/{MAC}", host=host)
        assert answer.status == 400 or host.encode() not in answer.content


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        ({}, "auto_discovery.enabled needs auto_discovery.driver"),
        ({"driver": "no-such"}, "auto_discovery.driver: No valid host"),
    ],
)
async def test_a_driver_that_cannot_be_is_named_at_the_start(
    tmp_path: Path, driver: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        async with a_site(tmp_path, enabled=True, **driver):
            pass
