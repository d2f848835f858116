"""The agent as a process on loopback: lookup, heartbeats, tokens, orders, images onto a file."""

import base64
import gzip
import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agent import conductor_server, image_server
from tests.integration.agent.agent_process import (
    REQUEST_ID,
    Room,
    a_room,
    parameters_for,
    running_agent,
)
from tests.integration.agent.conductor_server import (
    NODE_UUID,
    TOKEN,
    AgentClient,
    ConductorServer,
    outcome,
)
from tests.integration.agent.image_server import ImageServer

MIB, GIB = 1 << 20, 1 << 30


@dataclass(frozen=True)
class Site:
    """A running agent with one disk of 5 GiB, and an image to write to it."""

    conductor: ConductorServer
    agent: AgentClient
    disk: Path
    room: Room
    process: subprocess.Popen[bytes]

    def write(self, image: ImageServer, **changes: Any) -> dict[str, Any]:
        self.order_write(image, **changes)
        return outcome(self.conductor, self.agent, "execute_deploy_step")

    def order_write(self, image: ImageServer, **changes: Any) -> None:
        info = {
            "id": "an-image",
            "urls": [image.url],
            "os_hash_algo": "sha256",
            "os_hash_value": hashlib.sha256(image.content).hexdigest(),
        }
        configdrive = changes.pop("configdrive", None)
        arguments = {"image_info": {**info, **changes}, "configdrive": configdrive}
        step = {"interface": "deploy", "step": "write_image", "args": arguments}
        status, body = self.agent.order(
            "deploy.execute_deploy_step", {"step": step, "node": self.conductor.node, "ports": []}
        )
        assert status == 200, body


@contextmanager
def a_site(folder: Path, conductor: ConductorServer | None = None, *more: str) -> Iterator[Site]:
    with ExitStack() as stack:
        conductor = stack.enter_context(conductor_server.running(conductor or ConductorServer()))
        room = a_room(folder, parameters_for(conductor, *more))
        disk = room.add_disk("vda", 5 * GIB)
        process = stack.enter_context(running_agent(room))
        agent = AgentClient(conductor.next_heartbeat())
        yield Site(conductor, agent, disk, room, process)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "room").mkdir()
    with a_site(tmp_path / "room") as site:
        yield site


def a_raw_image(folder: Path, size_mib: int = 24) -> bytes:
    """A GPT, data, a long hole, data up to the last sector of its partition."""
    raw = folder / "image.raw"
    with raw.open("wb") as stream:
        stream.truncate(size_mib * MIB)
    script = b"label: gpt\n2048,20480,L\n"
    subprocess.run(["sfdisk", "-q", raw], input=script, check=True)
    with raw.open("r+b") as stream:
        stream.seek(2 * MIB)
        stream.write(os.urandom(3 * MIB))
        stream.seek(9 * MIB)
        stream.write(os.urandom(MIB))
    return raw.read_bytes()


def as_qcow2(raw: bytes, folder: Path, *options: str) -> bytes:
    (folder / "plain").write_bytes(raw)
    command = ["qemu-img", "convert", "-O", "qcow2", *options]
    subprocess.run([*command, folder / "plain", folder / "packed"], check=True)
    return (folder / "packed").read_bytes()


def holds(disk: Path, raw: bytes) -> bool:
    """All of the image's partitions, and zeros where the image has zeros."""
    with disk.open("rb") as stream:
        stream.seek(34 * 512)
        return stream.read(11 * MIB) == raw[34 * 512 : 34 * 512 + 11 * MIB]


def partitions(disk: Path) -> list[dict[str, Any]]:
    done = subprocess.run(["sfdisk", "-J", disk], check=True, capture_output=True)
    assert not done.stderr, done.stderr
    table: list[dict[str, Any]] = json.loads(done.stdout)["partitiontable"]["partitions"]
    return table


def test_it_introduces_itself(tmp_path: Path) -> None:
    conductor = ConductorServer(lookups_refused=1)
    with a_site(tmp_path, conductor) as site:
        assert conductor.lookups[0] == "/v1/lookup?addresses=52%3A54%3A00%3A12%3A34%3A56"
        beat = site.agent.heartbeat
        assert beat["callback_url"].startswith("https://127.0.0.1:")
        assert beat["agent_token"] == TOKEN
        certificate = subprocess.run(
            ["openssl", "x509", "-noout", "-text"],
            input=beat["agent_verify_ca"].encode(), capture_output=True, check=True,
        ).stdout  # fmt: skip
        assert b"IP Address:127.0.0.1" in certificate
        assert b"secp384r1" in certificate
        assert site.agent.get("/v1/status")[0] == 200
        log = (tmp_path / "agent.log").read_text()
        assert all(REQUEST_ID in line for line in log.splitlines())
        assert TOKEN not in log


def test_heartbeats_carry_the_request_id(tmp_path: Path) -> None:
    with conductor_server.running(ConductorServer()) as conductor:
        with running_agent(a_room(tmp_path, parameters_for(conductor))):
            _, headers = conductor.heartbeats.get(timeout=30)
        assert headers["x-openstack-request-id"] == REQUEST_ID
        assert headers["x-openstack-ironic-api-version"] == "1.68"


def test_an_old_conductor_gets_plain_http_and_only_fields_it_knows(tmp_path: Path) -> None:
    with a_site(tmp_path, ConductorServer(newest_microversion="1.40")) as site:
        assert site.agent.heartbeat["callback_url"].startswith("http://")
        assert set(site.agent.heartbeat) == {"callback_url", "agent_version"}


def test_strangers_are_refused(site: Site) -> None:
    for path in ("/v1/commands/", "/v1/commands/?agent_token=guess"):
        status, body = site.agent.get(path)
        assert status == 401
        assert body["faultcode"] == "Client"


def test_wrong_orders_are_refused_before_anything_happens(site: Site) -> None:
    refused: list[tuple[str, dict[str, Any], int, str]] = [
        ("standby.dance", {}, 404, "RequestedObjectNotFoundError"),
        (
            "deploy.execute_deploy_step",
            {"step": {"step": "dance"}},
            400,
            "InvalidCommandParamsError",
        ),
        ("standby.prepare_image", {"image_info": {"id": "x"}}, 400, "InvalidCommandParamsError"),
        ("deploy.execute_deploy_step", {}, 400, "InvalidCommandParamsError"),
        (
            "service.execute_service_step",
            {"step": {"step": "erase_devices"}},
            400,
            "InvalidCommandParamsError",
        ),
        ("rescue.finalize_rescue", {}, 400, "InvalidCommandParamsError"),
        ("rescue.finalize_rescue", {"rescue_password": ""}, 400, "InvalidCommandParamsError"),
        (
            "rescue.finalize_rescue",
            {"rescue_password": "x:0:0", "hashed": True},
            400,
            "InvalidCommandParamsError",
        ),
    ]
    for name, params, status, kind in refused:
        answer = site.agent.order(name, params)
        assert (answer[0], answer[1]["type"]) == (status, kind)
        assert answer[1]["faultstring"]
    assert site.agent.get(f"/v1/commands/?agent_token={TOKEN}")[1] == {"commands": []}


def test_a_rescue_system_knows_the_password_and_the_agent_ends(tmp_path: Path) -> None:
    with a_site(tmp_path, ConductorServer()) as site:
        root = tmp_path
        (root / "etc").mkdir(exist_ok=True)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        hashed = "$2b$12$abcdefghijklmnopqrstuv"
        params = {"rescue_password": hashed, "hashed": True}
        _, body = site.agent.order("rescue.finalize_rescue", params, wait=True)
        assert body["command_status"] == "SUCCEEDED"
        password = root / "etc/ipa-rescue-config/ipa-rescue-password"
        assert password.read_text() == hashed
        assert password.stat().st_mode & 0o777 == 0o600
        assert (root / "etc/shadow").read_text() == f"rescue:{hashed}:::::::\n"
        assert (root / "etc/shadow").stat().st_mode & 0o777 == 0o600
        assert (root / "etc/passwd").read_text().splitlines() == [
            "root:x:0:0:root:/root:/bin/sh",
            "rescue:x:0:0:rescue:/root:/bin/sh",
        ]
        assert (root / "run/bessemer/rescue").exists()
        site.process.wait(timeout=30)
        assert hashed not in (root / "agent.log").read_text()


def test_a_password_in_plain_text_is_hashed_before_it_is_written(tmp_path: Path) -> None:
    with a_site(tmp_path, ConductorServer()) as site:
        params = {"rescue_password": "hunter22", "hashed": False}
        _, body = site.agent.order("rescue.finalize_rescue", params, wait=True)
        assert body["command_status"] == "SUCCEEDED"
        written = (tmp_path / "etc/shadow").read_text()
        assert written.startswith("rescue:$6$")
        salt = written.split("$")[2]
        again = subprocess.run(
            ["openssl", "passwd", "-6", "-salt", salt, "-stdin"],
            input=b"hunter22\n", capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
        assert written == f"rescue:{again.strip()}:::::::\n"


def test_it_offers_service_steps(site: Site) -> None:
    _, body = site.agent.order("service.get_service_steps", {"node": {}, "ports": []}, wait=True)
    (steps,) = body["command_result"]["service_steps"].values()
    assert {step["step"]: step["priority"] for step in steps} == {
        "write_image": 0,
        "burnin_cpu": 0,
        "burnin_memory": 0,
        "burnin_network": 0,
        "burnin_gpu": 0,
    }


def test_it_offers_its_steps(site: Site) -> None:
    _, body = site.agent.order("clean.get_clean_steps", {"node": {}, "ports": []}, wait=True)
    assert (body["command_name"], body["command_status"]) == ("get_clean_steps", "SUCCEEDED")
    offered = {
        step["step"]: step["priority"]
        for steps in body["command_result"]["clean_steps"].values()
        for step in steps
    }
    assert offered == {
        "erase_devices_metadata": 99,
        "erase_devices": 10,
        "erase_devices_express": 0,
        "erase_pstore": 0,
        "clean_uefi_nvram": 0,
        "create_configuration": 0,
        "delete_configuration": 0,
        "burnin_cpu": 0,
        "burnin_memory": 0,
        "burnin_network": 0,
        "burnin_gpu": 0,
        "burnin_disk": 0,
    }
    assert body["command_result"]["hardware_manager_version"]


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(lambda raw, folder: raw, id="raw"),
        pytest.param(as_qcow2, id="qcow2"),
        pytest.param(lambda raw, folder: as_qcow2(raw, folder, "-c"), id="compressed"),
    ],
)
def test_an_image_lands_on_the_disk(
    site: Site, tmp_path: Path, pack: Callable[[bytes, Path], bytes]
) -> None:
    raw = a_raw_image(tmp_path)
    with image_server.running(ImageServer(pack(raw, tmp_path))) as image:
        entry = site.write(image)
    assert entry["command_error"] is None
    result = entry["command_result"]
    assert result["deploy_result"].startswith("image (an-image) written to device ")
    assert "MB/s" in result["deploy_result"]
    assert result["deploy_step"]["step"] == "write_image"
    assert entry["command_progress"]["done_bytes"] == len(image.content)
    assert holds(site.disk, raw)
    assert len(partitions(site.disk)) == 1


def test_broken_connections_are_resumed(site: Site, tmp_path: Path) -> None:
    raw = a_raw_image(tmp_path)
    with image_server.running(ImageServer(raw, breaks=[70_000, 3_000_001, 5])) as image:
        entry = site.write(image)
    assert entry["command_error"] is None
    assert "bytes=3070001-" in image.requests
    assert holds(site.disk, raw)


def test_a_server_without_ranges_serves_raw_but_not_qcow2(site: Site, tmp_path: Path) -> None:
    raw = a_raw_image(tmp_path)
    with image_server.running(ImageServer(raw, ranges=False, breaks=[9_000, 2_000_000])) as image:
        assert site.write(image)["command_error"] is None
    assert holds(site.disk, raw)
    with image_server.running(ImageServer(as_qcow2(raw, tmp_path), ranges=False)) as image:
        assert "Range" in site.write(image)["command_error"]["details"]


def test_a_wrong_checksum_names_both_and_leaves_nothing_bootable(
    site: Site, tmp_path: Path
) -> None:
    raw = a_raw_image(tmp_path)
    with image_server.running(ImageServer(raw)) as image:
        entry = site.write(image, os_hash_value="0" * 64)
    assert entry["command_status"] == "FAILED"
    details = entry["command_error"]["details"]
    assert "0" * 64 in details
    assert hashlib.sha256(raw).hexdigest() in details
    with site.disk.open("rb") as stream:
        assert stream.read(MIB) == bytes(MIB)


def test_cve_2024_47211_a_checksum_is_of_the_bytes_that_were_fetched(
    site: Site, tmp_path: Path
) -> None:
    """Ironic (OSSA-2024-004) compared nothing of images that it converted. Here the converted bytes'
    checksum fits as little as any wrong one, and nothing bootable is left."""
    raw = a_raw_image(tmp_path)
    of_converted = hashlib.sha256(raw).hexdigest()
    with image_server.running(ImageServer(as_qcow2(raw, tmp_path))) as image:
        entry = site.write(image, os_hash_value=of_converted)
        assert entry["command_status"] == "FAILED"
        assert of_converted in entry["command_error"]["details"]
        assert hashlib.sha256(image.content).hexdigest() in entry["command_error"]["details"]
    with site.disk.open("rb") as stream:
        assert stream.read(MIB) == bytes(MIB)


def test_unsafe_and_unfit_images_do_not_touch_the_disk(site: Site, tmp_path: Path) -> None:
    with site.disk.open("rb") as stream:
        before = stream.read(MIB)
    raw = a_raw_image(tmp_path)
    (tmp_path / "base").write_bytes(raw)
    backed = tmp_path / "backed"
    create = ["qemu-img", "create", "-q", "-f", "qcow2"]
    subprocess.run([*create, "-b", tmp_path / "base", "-F", "raw", backed], check=True)
    subprocess.run([*create, tmp_path / "large", "6G"], check=True)
    cases: list[tuple[bytes, dict[str, Any], str]] = [
        (backed.read_bytes(), {}, "backing file"),
        ((tmp_path / "large").read_bytes(), {}, f"needs {6 * GIB} bytes, "),
        (raw, {"disk_format": "qcow2"}, "announced as qcow2"),
        (as_qcow2(raw, tmp_path), {"disk_format": "raw"}, "announced as raw"),
        (gzip.compress(raw), {}, "gzip"),
        (raw, {"os_hash_algo": "md5", "os_hash_value": "0" * 32}, "MD5"),
    ]
    for content, changes, word in cases:
        with image_server.running(ImageServer(content)) as image:
            entry = site.write(image, **changes)
        assert word in entry["command_error"]["details"]
    with site.disk.open("rb") as stream:
        assert stream.read(MIB) == before


def test_a_config_drive_becomes_the_last_partition_and_twice_gives_the_same(
    site: Site, tmp_path: Path
) -> None:
    raw = a_raw_image(tmp_path)
    content = bytes(0x8001) + b"CD001" + os.urandom(500_000)
    drive = base64.b64encode(gzip.compress(content)).decode()
    tables = []
    for source in ("inline", "url"):
        with (
            image_server.running(ImageServer(raw)) as image,
            image_server.running(ImageServer(drive.encode())) as drives,
        ):
            entry = site.write(image, configdrive=drive if source == "inline" else drives.url)
        assert entry["command_error"] is None
        tables.append(partitions(site.disk))
    assert tables[0] == tables[1]
    last = tables[0][-1]
    assert last["name"] == "config-2"
    with site.disk.open("rb") as stream:
        stream.seek(last["start"] * 512)
        assert stream.read(MIB) == content + bytes(MIB - len(content))


def test_one_order_at_a_time_and_progress_shows(site: Site, tmp_path: Path) -> None:
    gate = threading.Event()
    with image_server.running(ImageServer(a_raw_image(tmp_path), gate=gate)) as image:
        site.order_write(image)
        status, body = site.agent.order("standby.sync", {})
        assert (status, body["type"]) == (409, "AgentIsBusy")
        running = site.agent.last("execute_deploy_step")
        assert running["command_status"] == "RUNNING"
        gate.set()
        entry = outcome(site.conductor, site.agent, "execute_deploy_step")
    assert entry["command_progress"]["total_bytes"] == len(image.content)
    assert site.agent.order("standby.sync", {}, wait=True)[1]["command_status"] == "SUCCEEDED"


def test_the_older_order_writes_too(site: Site, tmp_path: Path) -> None:
    raw = a_raw_image(tmp_path)
    with (tmp_path / "image.raw").open("rb+") as stream:
        subprocess.run(["mkfs.ext4", "-q", tmp_path / "fs", "8M"], check=True)
        stream.seek(MIB)
        stream.write((tmp_path / "fs").read_bytes())
    raw = (tmp_path / "image.raw").read_bytes()
    shown = subprocess.run(
        ["blkid", "-o", "value", "-s", "UUID", tmp_path / "fs"], capture_output=True, check=True
    )
    with image_server.running(ImageServer(raw)) as image:
        info = {
            "id": "an-image",
            "urls": [image.url],
            "checksum": hashlib.sha512(raw).hexdigest(),
            "disk_format": "raw",
        }
        site.agent.order("standby.prepare_image", {"image_info": info, "configdrive": None})
        entry = outcome(site.conductor, site.agent, "prepare_image")
    assert entry["command_error"] is None
    assert f"root_uuid={shown.stdout.decode().strip()}" in entry["command_result"]["result"]


def test_disks_are_erased_and_skipped_ones_are_not(tmp_path: Path) -> None:
    node = {"uuid": NODE_UUID, "properties": {"skip_block_devices": [{"name": "/dev/vdb"}]}}
    with conductor_server.running(ConductorServer(node=node)) as conductor:
        room = a_room(tmp_path, parameters_for(conductor))
        erased, kept = room.add_disk("vda", 64 * MIB), room.add_disk("vdb", 64 * MIB)
        before = kept.read_bytes()
        with running_agent(room):
            agent = AgentClient(conductor.next_heartbeat())
            for step in ("erase_devices_metadata", "erase_devices"):
                params = {"step": {"interface": "deploy", "step": step}, "node": node, "ports": []}
                agent.order("clean.execute_clean_step", params)
                entry = outcome(conductor, agent, "execute_clean_step")
                assert entry["command_error"] is None
                assert [*entry["command_result"]["clean_result"]] == ["/dev/vda"]
    assert erased.read_bytes() == bytes(64 * MIB)
    assert kept.read_bytes() == before


def test_express_erasing_and_crash_records(tmp_path: Path) -> None:
    with conductor_server.running(ConductorServer()) as conductor:
        room = a_room(tmp_path, parameters_for(conductor))
        disk, size = room.add_disk("vda", 64 * MIB), 64 * MIB
        before = disk.read_bytes()
        records = room.root / "sys/fs/pstore"
        records.mkdir(parents=True)
        (records / "dmesg-efi-1").write_text("a tenant's kernel log")
        results = {}
        with running_agent(room):
            agent = AgentClient(conductor.next_heartbeat())
            for step in ("erase_devices_express", "erase_pstore", "clean_uefi_nvram"):
                params = {"step": {"interface": "deploy", "step": step}, "node": {}, "ports": []}
                agent.order("clean.execute_clean_step", params)
                entry = outcome(conductor, agent, "execute_clean_step")
                assert entry["command_error"] is None
                results[step] = entry["command_result"]["clean_result"]
    assert results == {
        "erase_devices_express": {"/dev/vda": "metadata erased"},
        "erase_pstore": {"erased": ["dmesg-efi-1"]},
        "clean_uefi_nvram": {"removed": []},
    }
    assert not any(records.iterdir())
    after = disk.read_bytes()
    assert after[: 4 * MIB] == after[-4 * MIB :] == bytes(4 * MIB)
    assert after[4 * MIB : size - 4 * MIB] == before[4 * MIB : size - 4 * MIB]


def test_steps_of_another_agent_are_not_mixed_with_ours(site: Site) -> None:
    params = {
        "step": {"interface": "deploy", "step": "erase_devices"},
        "clean_version": {"generic_hardware_manager": "1.1"},
    }
    site.agent.order("clean.execute_clean_step", params)
    entry = outcome(site.conductor, site.agent, "execute_clean_step")
    assert entry["command_status"] == "CLEAN_VERSION_MISMATCH"


@pytest.mark.parametrize("command", ["power_off", "run_image"])
def test_it_never_switches_a_host_that_is_no_ramdisk(site: Site, command: str) -> None:
    site.agent.order(f"standby.{command}", {})
    entry = outcome(site.conductor, site.agent, command)
    assert "not a deploy ramdisk" in entry["command_error"]["details"]


def test_an_agent_killed_while_writing_comes_back_with_its_token(tmp_path: Path) -> None:
    raw, gate = a_raw_image(tmp_path), threading.Event()
    (tmp_path / "room").mkdir()
    with conductor_server.running(ConductorServer()) as conductor:
        room = a_room(tmp_path / "room", parameters_for(conductor))
        disk = room.add_disk("vda", 5 * GIB)
        with image_server.running(ImageServer(raw, gate=gate)) as image:
            with running_agent(room) as process:
                first = AgentClient(conductor.next_heartbeat())
                site = Site(conductor, first, disk, room, process)
                site.order_write(image)
            gate.set()
            with running_agent(room) as process:
                beat = conductor.next_heartbeat()
                assert beat["agent_token"] == TOKEN
                site = Site(conductor, AgentClient(beat), disk, room, process)
                assert site.write(image)["command_error"] is None
    assert holds(disk, raw)


def test_inspection_is_reported_before_the_lookup(tmp_path: Path) -> None:
    with conductor_server.running(ConductorServer()) as conductor:
        callback = (
            f"ipa-inspection-callback-url=http://127.0.0.1:{conductor.port}/v1/continue_inspection"
        )
        room = a_room(tmp_path, parameters_for(conductor, callback))
        room.add_disk("vda", 5 * GIB)
        with running_agent(room):
            report, headers = conductor.inspections.get(timeout=30)
            assert conductor.next_heartbeat()["agent_token"] == TOKEN
    inventory = report["inventory"]
    assert headers["x-openstack-request-id"] == REQUEST_ID
    assert [card["mac_address"] for card in inventory["interfaces"]] == ["52:54:00:12:34:56"]
    assert report["root_disk"]["name"] == "/dev/vda"
    assert inventory["boot"]["pxe_interface"] == report["boot_interface"] == "52:54:00:12:34:56"
    assert inventory["disks"][0]["serial"] == "serial-vda"
