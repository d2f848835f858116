"""Two machines, one by UEFI and one by BIOS, live a whole life at once, for two tenants."""

import asyncio

import pytest
from tests.e2e.cloud.conftest import Bench

from bessemer_lab.demo import story
from bessemer_lab.demo.api import BAREMETAL, COMPUTE
from bessemer_lab.demo.tenant import Shell

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARKED = 4094


async def reaches(shell: Shell, address: str, port: int) -> bool:
    """Whether a TCP connection from inside the server comes about."""
    return await shell.run(story.PROBE.format(address=address, port=port)) == "reached"


async def test_enrolment_and_inspection_fill_in_what_the_machine_is(bench: Bench):
    for name, firmware, ports in (
        ("node-1", "uefi", ("swp1", "swp2")),
        ("node-2", "bios", ("swp3", "swp4")),
    ):
        node = await bench.node(name)
        assert node["properties"]["cpus"] == 2
        assert node["properties"]["cpu_arch"] == "x86_64"
        assert node["properties"]["memory_mb"] == 2048
        assert f"boot_mode:{firmware}" in node["properties"]["capabilities"]
        answer = await bench.api.get(f"{BAREMETAL}/nodes/{node['uuid']}/ports?detail=True")
        cabling = {
            (each["address"][-2:], each["local_link_connection"]["port_id"])
            for each in answer["ports"]
        }
        assert cabling == {("01", ports[0]), ("02", ports[1])}
        assert {p["local_link_connection"]["switch_id"] for p in answer["ports"]} == {
            "52:54:00:be:55:00"
        }


async def test_two_tenants_servers_live_from_request_to_clean_machine(bench: Bench):
    first, second = await asyncio.gather(
        bench.order("alpha", "tenant-a"), bench.order("beta", "tenant-b")
    )
    servers = await asyncio.gather(
        *(bench.until(each, "ACTIVE", "ERROR") for each in (first, second))
    )
    for server in servers:
        assert server["status"] == "ACTIVE", server.get("fault")
        rows = (await bench.api.get(f"{COMPUTE}/servers/{server['id']}/timeline"))["timeline"]
        assert [row["number"] for row in rows] == list(range(1, 17))
        assert {row["state"] for row in rows} == {"done"}

    shells = [await bench.shell(server) for server in servers]
    for server, shell in zip(servers, shells, strict=True):
        hostname, disks = await story.look_round(bench.stage, shell)
        assert hostname == server["name"]
        assert any(line.endswith(" /") for line in disks.splitlines())
        assert (await shell.run("lsblk --noheadings --list --output LABEL")).count("config-2") == 1
        assert await reaches(shell, "127.0.0.1", 22)  # the probe can tell
        for foreign in ("172.20.100.1", "172.20.101.1", "172.20.102.1", "192.168.100.1"):
            assert not await reaches(shell, foreign, 6386), foreign
    other = servers[1]["addresses"]["tenant-b"][0]["addr"]
    assert not await reaches(shells[0], other, 22)

    tags = bench.stage.lab.port_tags()
    assert {tags[port] for port in ("swp1", "swp3")} == {200, 201}
    assert {tags[port] for port in ("swp2", "swp4")} == {PARKED}

    await bench.delete(first, second)
    tags = bench.stage.lab.port_tags()
    assert {tags[port] for port in ("swp1", "swp2", "swp3", "swp4")} == {PARKED}
    for name in bench.nodes:
        node = await bench.node(name)
        assert node["instance_uuid"] is None
        assert node["instance_info"] == {}
        assert bench.machine(name).power_state() == "off"
        assert await bench.disk_is_blank(name)
