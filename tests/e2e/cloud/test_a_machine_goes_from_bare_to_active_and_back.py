"""Two machines, one by UEFI and one by BIOS, live a whole life at once, for two tenants."""

import asyncio
import os

import pytest
from tests.e2e.cloud.conftest import Bench

from bessemer_lab.demo import story
from bessemer_lab.demo.api import BAREMETAL, COMPUTE
from bessemer_lab.demo.tenant import Shell
from bessemer_lab.namespace import enter

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARKED = 4094
PASSWORD = "correct horse"
RESCUE_LIMIT_S = 120


async def reaches(shell: Shell, address: str, port: int) -> bool:
    """Whether a TCP connection from inside the server comes about."""
    return await shell.run(story.PROBE.format(address=address, port=port)) == "reached"


async def rescued(bench: Bench, shell: Shell, command: str) -> str:
    """What a command prints in the rescue system at the server's address, by password."""
    askpass = bench.directory / "askpass"
    askpass.write_text(f"#!/bin/sh\necho '{PASSWORD}'\n")
    askpass.chmod(0o700)
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=3"]
    options += ["LogLevel=ERROR", "NumberOfPasswordPrompts=1"]
    flags = [part for option in options for part in ("-o", option)]
    argv = enter(shell.namespace, ["ssh", *flags, f"rescue@{shell.address}", command])
    environment = {**os.environ, "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}
    async with asyncio.timeout(RESCUE_LIMIT_S):
        while True:
            process = await asyncio.create_subprocess_exec(
                *argv,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
            )
            output, _ = await process.communicate()
            if process.returncode == 0:
                return output.decode().strip()
            await asyncio.sleep(1)


async def test_enrolment_and_inspection_fill_in_what_the_machine_is(bench: Bench):
    for name, firmware, ports in (
        ("node-1", "uefi", ("swp1", "swp2")),
        ("node-2", "bios", ("swp3", "swp4")),
    ):
        node = await bench.node(name)
        assert node["properties"]["cpus"] == 1
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
    for name in bench.nodes:
        await bench.patch(name, "/rescue_interface", "agent")
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

    node = servers[0]["OS-EXT-SRV-ATTR:hypervisor_hostname"]
    verb = {"target": "rescue", "rescue_password": PASSWORD}
    await bench.api.call("PUT", f"{BAREMETAL}/nodes/{node}/states/provision", verb)
    await story.settle(bench.api, node, "rescue")
    ramdisk = await rescued(bench, shells[0], "cat /proc/cmdline; cat /proc/partitions")
    assert "ipa-api-url=" in ramdisk  # the ramdisk's kernel, at the tenant's own address
    assert "vda" in ramdisk
    verb = {"target": "unrescue"}
    await bench.api.call("PUT", f"{BAREMETAL}/nodes/{node}/states/provision", verb)
    await story.settle(bench.api, node, "active")
    await shells[0].wait_until_it_answers(story.LOGIN_LIMIT_S)
    assert await shells[0].run("hostname") == servers[0]["name"]

    await bench.delete(first, second)
    tags = bench.stage.lab.port_tags()
    assert {tags[port] for port in ("swp1", "swp2", "swp3", "swp4")} == {PARKED}
    for name in bench.nodes:
        node = await bench.node(name)
        assert node["instance_uuid"] is None
        assert node["instance_info"] == {}
        assert bench.machine(name).power_state() == "off"
        assert await bench.disk_is_blank(name)
