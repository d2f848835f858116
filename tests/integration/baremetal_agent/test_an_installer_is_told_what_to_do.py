"""Deploy interface anaconda: a cloud, and a small installer that boots, obeys its kickstart and reports."""

import base64
import socket
import sqlite3
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from tests.live_server import serving
from tests.simulated.installer import Installer
from tests.simulated.kickstart import InstallerFailed

from bessemer.bootstrap import Cloud
from bessemer.settings import load_settings
from bessemer_lab.demo.api import BAREMETAL, IMAGE, NETWORK, Api, ApiError

OURS = "127.77.0.1"
MAC = "02:aa:00:00:00:01"
LIMIT_S = 60
TARBALL = b"usr/" + bytes(508)
DRIVE = {
    "meta_data": {"uuid": "1234", "hostname": "web-1"},
    "user_data": base64.b64encode(b"#cloud-config\n# $(reboot) 'EOF'\n").decode(),
}
TEMPLATE = """\
reboot --eject
{% if ks_options.liveimg_url %}
liveimg --url={{ ks_options.liveimg_url }}
{% endif %}
rootpw --lock
%post --nochroot
curl -sf -X POST -H 'X-OpenStack-Ironic-API-Version: 1.72' -H 'Content-Type: application/json' \
 -d '{"callback_url": "", "agent_token": "{{ ks_options.agent_token }}", "agent_status": "end"}' \
 {{ ks_options.heartbeat_url }}
%end
"""


@dataclass
class Site:
    """One machine of one cloud, with files uploaded for it."""

    api: Api
    ramdisk: str
    folder: Path
    node: str = ""

    async def image(self, name: str, content: bytes, kind: str, **properties: str) -> str:
        file = self.folder / name
        file.write_bytes(content)
        container = kind if kind in {"aki", "ari"} else "bare"
        body = {"name": name, "disk_format": kind, "container_format": container, **properties}
        made = await self.api.post(f"{IMAGE}/images", body)
        await self.api.upload(f"{IMAGE}/images/{made['id']}/file", file)
        return str(made["id"])

    async def system(self, **properties: str) -> str:
        """An image with all that belongs to it."""
        parts = {
            "kernel_id": await self.image("vmlinuz", b"kernel", "aki"),
            "ramdisk_id": await self.image("initrd.img", b"ramdisk", "ari"),
            "stage2_id": await self.image("install.img", b"stage 2", "ari"),
        }
        return await self.image(
            "fedora.tar", TARBALL, "raw", disk_file_extension=".tar", **parts, **properties
        )

    async def deploy(self, info: dict[str, object]) -> None:
        change = [{"op": "add", "path": "/instance_info", "value": info}]
        await self.api.call("PATCH", f"{BAREMETAL}/nodes/{self.node}", change)
        order = {"target": "active", "configdrive": DRIVE}
        await self.api.put(f"{BAREMETAL}/nodes/{self.node}/states/provision", order)

    async def until(self, *states: str) -> dict[str, object]:
        path = f"{BAREMETAL}/nodes/{self.node}"
        return await self.api.wait_for(path, lambda n: n["provision_state"] in states, LIMIT_S)

    def installer(self, **more: bool) -> Installer:
        root = self.folder / "root"
        root.mkdir()
        return Installer(MAC, root, **more)

    async def install(self, installer: Installer) -> None:
        """As the machine does once it is on."""
        path = f"{BAREMETAL}/nodes/{self.node}"
        await self.api.wait_for(path, lambda n: n["power_state"] == "power on", LIMIT_S)
        await installer.run(f"{self.ramdisk}/boot/ipxe/{MAC}")


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((OURS, 0))
        return int(probe.getsockname()[1])


def move_to_loopback(database: Path) -> None:
    """Our address on the provisioning network becomes one that this host has without being told."""
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        connection.execute("UPDATE network_subnets SET service_address = ?", (OURS,))


@pytest.fixture
async def site(tmp_path):
    port = a_free_port()
    kernel = tmp_path / "kernel"
    kernel.write_bytes(b"k")
    flags = {
        "server": {"state_directory": tmp_path / "state"},
        "network": {"dhcp": "none"},
        "baremetal": {
            "ramdisk_port": port,
            "deploy_kernel": str(kernel),
            "deploy_ramdisk": str(kernel),
            "automated_clean": False,
            "anaconda_power_off_timeout": 0.2,
        },
    }
    cloud = Cloud(load_settings(flags=flags))
    async with AsyncExitStack() as stack:
        await cloud.start()
        stack.push_async_callback(cloud.stop)
        operators = await stack.enter_async_context(serving(cloud.operators_app))
        ramdisk = await stack.enter_async_context(serving(cloud.ramdisk_app, OURS, port))
        api = await stack.enter_async_context(Api(operators))
        folder = tmp_path / "files"
        folder.mkdir()
        made = Site(api, ramdisk, folder)
        network = {"network": {"name": "provisioning"}}
        ident = (await api.post(f"{NETWORK}/networks", network))["network"]["id"]
        subnet = {"network_id": ident, "cidr": "10.177.0.0/24", "ip_version": 4}
        await api.post(f"{NETWORK}/subnets", {"subnet": subnet})
        move_to_loopback(tmp_path / "state/bessemer.db")
        body = {
            "name": "m1",
            "driver": "fake-hardware",
            "boot_interface": "ipxe",
            "deploy_interface": "anaconda",
            "network_interface": "noop",
        }
        made.node = (await api.post(f"{BAREMETAL}/nodes", body))["uuid"]
        await api.post(f"{BAREMETAL}/ports", {"node_uuid": made.node, "address": MAC})
        path = f"{BAREMETAL}/nodes/{made.node}/states/provision"
        for verb, state in (("manage", "manageable"), ("provide", "available")):
            await api.put(path, {"target": verb})
            await made.until(state)
        yield made


async def test_an_image_is_installed_with_its_config_drive(site: Site):
    await site.deploy({"image_source": await site.system()})
    installer = site.installer()
    await site.install(installer)
    assert installer.fetched["kernel"] == b"kernel"
    assert installer.fetched["stage2"] == b"stage 2"
    assert installer.fetched["image"] == TARBALL
    assert str(installer.kickstart.option("liveimg", "url")).endswith(".tar")
    assert "poweroff" in installer.kickstart.commands
    seed = installer.root / "cloud/seed/config_drive/openstack/latest"
    assert (seed / "user_data").read_bytes() == b"#cloud-config\n# $(reboot) 'EOF'\n"
    assert b"web-1" in (seed / "meta_data.json").read_bytes()
    node = await site.until("active", "deploy failed")
    assert node["provision_state"] == "active", node["last_error"]
    assert node["power_state"] == "power on"
    assert "installer" not in node["driver_internal_info"]
    with pytest.raises(InstallerFailed, match="no network boot"):
        await installer.run(f"{site.ramdisk}/boot/ipxe/{MAC}")


async def test_an_error_of_the_installer_fails_the_deploy_in_its_words(site: Site):
    await site.deploy({"image_source": await site.system()})
    await site.install(site.installer(fails=True))
    node = await site.until("active", "deploy failed")
    assert node["provision_state"] == "deploy failed"
    assert "The installer reports an error: The installer failed" in str(node["last_error"])
    assert node["power_state"] == "power off"
    await site.api.put(f"{BAREMETAL}/nodes/{site.node}/states/provision", {"target": "deleted"})
    freed = await site.until("available")
    assert "installer" not in freed["driver_internal_info"]


async def test_a_kickstart_is_given_out_until_its_token_is_used_and_reports_need_that(site: Site):
    await site.deploy({"image_source": await site.system()})
    installer = site.installer(fails=True)
    path = f"{BAREMETAL}/nodes/{site.node}"
    await site.api.wait_for(path, lambda n: n["provision_state"] == "wait call-back", LIMIT_S)
    heartbeat = f"{site.ramdisk}/v1/heartbeat/{site.node}"
    header = {"X-OpenStack-Ironic-API-Version": "1.72"}
    forged = {"callback_url": "", "agent_token": "guessed", "agent_status": "end"}
    kickstart = f"{site.ramdisk}/installer/{site.node}/ks.cfg"
    async with aiohttp.ClientSession(headers=header) as session:
        async with session.get(kickstart) as answer:
            assert answer.status == 200
        async with session.post(heartbeat, json=forged) as answer:
            assert answer.status == 400
        await site.install(installer)
        await site.until("deploy failed")
        async with session.get(kickstart) as answer:
            assert answer.status == 404


async def test_an_abort_switches_the_machine_off_and_its_kickstart_is_gone(site: Site):
    await site.deploy({"image_source": await site.system()})
    await site.until("wait call-back")
    path = f"{BAREMETAL}/nodes/{site.node}/states/provision"
    await site.api.put(path, {"target": "abort"})
    node = await site.until("active", "deploy failed")
    assert node["power_state"] == "power off"
    with pytest.raises(InstallerFailed, match="no network boot"):
        await site.installer().run(f"{site.ramdisk}/boot/ipxe/{MAC}")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{site.ramdisk}/installer/{site.node}/ks.cfg") as answer,
    ):
        assert answer.status == 404


async def test_a_users_template_of_ironics_kind_is_taken(site: Site):
    template = await site.image("web.ks", TEMPLATE.encode(), "raw")
    await site.deploy({"image_source": await site.system(), "ks_template": template})
    installer = site.installer()
    await site.install(installer)
    assert "reboot" not in installer.kickstart.commands  # nothing may start before it is cabled
    node = await site.until("active", "deploy failed")
    assert node["provision_state"] == "active", node["last_error"]
    assert (installer.root / "cloud/seed/config_drive/openstack/latest/user_data").exists()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("nonsense\n" + TEMPLATE, "Unknown command: nonsense"),
        ("{% for a in ks_options %}{% endfor %}" + TEMPLATE, "For is not taken"),
        ("rootpw --lock\n", "does not report to"),
    ],
)
async def test_a_template_that_cannot_work_fails_before_the_machine_is_on(
    site: Site, template: str, words: str
):
    ident = await site.image("bad.ks", template.encode(), "raw")
    await site.deploy({"image_source": await site.system(ks_template=ident)})
    node = await site.until("active", "deploy failed")
    assert words in str(node["last_error"])
    assert node["power_state"] == "power off"


async def test_what_is_missing_is_named(site: Site):
    with pytest.raises(ApiError, match="lacks ramdisk, stage2"):
        await site.deploy({"image_source": "http://files.test/a.tar.gz", "kernel": "vmlinuz"})
    await site.deploy({"image_source": await site.image("bare.tar", TARBALL, "raw")})
    node = await site.until("active", "deploy failed")
    assert "lacks kernel_id, ramdisk_id, stage2_id" in str(node["last_error"])
