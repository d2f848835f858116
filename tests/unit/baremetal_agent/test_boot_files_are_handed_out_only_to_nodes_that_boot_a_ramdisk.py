"""GET /boot/…: without a login, and nothing but what a booting node was told to fetch."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.asgi import AsgiClient

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.service import ramdisk_boot_service
from bessemer.baremetal.drivers.users_urls import Bounds
from bessemer.errors import Unauthorized
from bessemer.web.dispatch import application

UUID = "11111111-2222-3333-4444-555555555555"
MAC = "52:54:00:00:00:01"


HERE = Bounds(allow=("127.0.0.1",))


async def nobody(headers, request_id):
    raise Unauthorized("nobody may log in here")


@pytest.fixture
def kernel(tmp_path) -> Path:
    path = tmp_path.resolve() / "kernel"
    path.write_bytes(b"MZ" + b"k" * 200_000)
    return path


def app_for(config):
    async def find(ident, listener):
        return config if config is not None and ident in (MAC, UUID) else None

    async def find_image(image_id, listener):
        return f"{listener}/v1/temp/{image_id}"

    async def program(name):
        return Path(__file__) if name == "grubx64.efi" else None

    return application([ramdisk_boot_service(find, find_image, program, HERE)], nobody)


def client_for(config):
    return AsgiClient(app_for(config))


def a_config(kernel, **changes):
    fields = {
        "node_uuid": UUID,
        "purpose": "cleaning",
        "listener": "http://172.30.0.1:6386",
        "kernel": str(kernel),
        "ramdisk": "https://files.example/initramfs",
        "params": (),
    }
    return BootConfig(**{**fields, **changes})


@pytest.mark.parametrize("name", ["kernel", "ramdisk", "boot_iso"])
async def test_an_image_is_fetched_by_a_link_that_is_made_with_the_script(kernel, name):
    client = client_for(replace(a_config(kernel), **{name: "glance://8a5c"}))
    script = await client.get(f"/boot/ipxe/{MAC}")
    assert b" http://172.30.0.1:6386/v1/temp/8a5c" in script.content


async def test_who_knows_an_image_by_its_node_only_is_shown_a_link(kernel):
    client = client_for(replace(a_config(kernel), kernel="glance://8a5c"))
    answer = await client.get(f"/boot/files/{UUID}/kernel")
    shown = "http://172.30.0.1:6386/v1/temp/8a5c"
    assert (answer.status, answer.headers["location"]) == (307, shown)
    assert (await client.get(f"/boot/files/{UUID}/boot_iso")).status == 404


@asynccontextmanager
async def another_server(content):
    """Where it serves one file; everything else is missing."""

    async def answer(_request):
        return web.Response(body=content)

    app = web.Application()
    app.router.add_get("/initramfs", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_what_lies_on_another_server_is_passed_on(kernel):
    content = bytes(300_000)
    async with another_server(content) as url:
        config = replace(a_config(kernel), ramdisk=f"{url}initramfs")
        assert await fetch(config, f"/boot/files/{UUID}/ramdisk") == (200, content)
        missing = replace(config, ramdisk=f"{url}other")
        assert (await client_for(missing).get(f"/boot/files/{UUID}/ramdisk")).status == 503


async def test_but_not_from_this_host_itself(kernel):
    config = replace(a_config(kernel), ramdisk="http://127.0.0.2/secret")
    answer = await client_for(config).get(f"/boot/files/{UUID}/ramdisk")
    assert answer.status == 400
    assert b"this host" in answer.content


async def test_what_an_iso_image_does_not_have_is_no_file(kernel):
    config = replace(a_config(kernel), kernel="", ramdisk="", boot_iso="http://files.example/iso")
    assert (await client_for(config).get(f"/boot/files/{UUID}/kernel")).status == 404


@pytest.mark.parametrize("spelled", [MAC, MAC.upper(), MAC.replace(":", "-")])
async def test_a_booting_machine_gets_its_script_in_any_spelling_of_its_mac(kernel, spelled):
    answer = await client_for(a_config(kernel)).get(f"/boot/ipxe/{spelled}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.content.startswith(b"#!ipxe\n")
    assert f"BOOTIF={MAC}".encode() in answer.content


@pytest.mark.parametrize(("loader", "word"), [("pxelinux", b"LABEL"), ("grub", b"linux '(http,")])
async def test_other_loaders_get_their_own_configuration(kernel, loader, word):
    config = a_config(kernel, ramdisk="http://files.example/initramfs")
    answer = await client_for(config).get(f"/boot/{loader}/{MAC}")
    assert answer.status == 200
    assert word in answer.content
    unknown = await client_for(None).get(f"/boot/{loader}/{MAC}")
    assert b"no network boot to do" in unknown.content


async def test_boot_programs_are_served_by_name_and_nothing_else(kernel):
    program = Path(__file__).read_bytes()
    assert await fetch(None, "/boot/programs/grubx64.efi") == (200, program)
    assert (await client_for(None).get("/boot/programs/other")).status == 404


async def test_an_unknown_machine_gets_a_script_that_says_so(kernel):
    answer = await client_for(None).get(f"/boot/ipxe/{MAC}")
    assert answer.status == 200
    assert b"no network boot to do" in answer.content


async def test_what_is_no_mac_is_refused(kernel):
    answer = await client_for(a_config(kernel)).get("/boot/ipxe/$%7Bcmd%7D")
    assert answer.status == 400


async def fetch(config, path, headers=()):
    """As a machine does that stays on the line until it has everything."""
    sent = []

    async def receive():
        return await asyncio.get_running_loop().create_future()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "root_path": "",
        "headers": list(headers),
    }
    await app_for(config)(scope, receive, send)
    return sent[0]["status"], b"".join(message["body"] for message in sent[1:])


async def test_the_kernel_is_streamed_while_the_node_is_to_boot(kernel):
    answer = await fetch(a_config(kernel), f"/boot/files/{UUID}/kernel")
    assert answer == (200, kernel.read_bytes())


async def test_a_part_of_it_can_be_asked_for(kernel):
    wanted = [(b"range", b"bytes=0-1")]
    assert await fetch(a_config(kernel), f"/boot/files/{UUID}/kernel", wanted) == (206, b"MZ")


@pytest.mark.parametrize("name", ["boot_iso", "params", "purpose", "..%2Fkernel", "other"])
async def test_nothing_else_is_a_file(kernel, name):
    answer = await client_for(a_config(kernel)).get(f"/boot/files/{UUID}/{name}")
    assert answer.status == 404


async def test_afterwards_there_is_no_file(kernel):
    assert (await client_for(None).get(f"/boot/files/{UUID}/kernel")).status == 404


async def test_a_mac_in_place_of_the_node_is_no_way_in(kernel):
    assert (await client_for(a_config(kernel)).get(f"/boot/files/{MAC}/kernel")).status == 404


async def test_a_link_put_in_the_files_place_is_not_followed(kernel, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s")
    config = a_config(kernel)
    kernel.unlink()
    kernel.symlink_to(secret)
    assert (await client_for(config).get(f"/boot/files/{UUID}/kernel")).status == 404
