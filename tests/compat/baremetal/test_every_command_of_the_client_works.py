"""Every `openstack baremetal` command there is, along the lives of two nodes with fake hardware."""

import json
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.compat.client import openstack_client
from tests.live_server import OpenStackFailed, serving

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

CLOUDS_YAML = """
clouds:
  bessemer:
    auth_type: none
    endpoint: {url}
    baremetal_endpoint_override: {url}
"""
JSON = ("-f", "json")
MAC = "52:54:00:12:34:{:02x}"
IMAGE = (
    *("--instance-info", "image_source=http://images.test/debian.raw"),
    *("--instance-info", f"image_checksum={'a' * 64}"),
)
RAID = {"logical_disks": [{"size_gb": 100, "raid_level": "1", "is_root_volume": True}]}
NEED_WHAT_THIS_CLOUD_HAS_NOT = {"baremetal node boot device list"}


@pytest.fixture
async def client(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        services = baremetal_services(cloud.desk)
        async with serving(application(services, noauth())) as url:
            config = tmp_path / "clouds.yaml"
            config.write_text(CLOUDS_YAML.format(url=url))
            async with openstack_client(config) as running:
                yield running


class Operator:
    """Runs `openstack baremetal …`; `show` and `rows` decode what it prints."""

    def __init__(self, client, folder: Path):
        self.client = client
        self.folder = folder

    async def do(self, words: str, *more: str) -> str:
        return await self.client("baremetal", *words.split(), *more)

    async def show(self, words: str, *more: str):
        return await self.client("baremetal", *words.split(), *more, *JSON)

    async def node(self, name: str = "n1"):
        return await self.show(f"node show {name}")

    async def reaches(self, words: str, state: str, *more: str) -> None:
        await self.do(f"node {words}", *more, "--wait", "60")
        assert (await self.node())["provision_state"] == state

    def file(self, name: str, content) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)


@pytest.fixture
def operator(client, tmp_path):
    return Operator(client, tmp_path)


async def test_every_command(operator):
    await an_inventory(operator)
    await what_operators_prepare(operator)
    await hardware(operator)
    await a_life(operator)
    await the_end(operator)
    missing = all_commands() - set(map(as_command, operator.client.ran))
    assert missing <= NEED_WHAT_THIS_CLOUD_HAS_NOT, sorted(missing)


def all_commands() -> set[str]:
    """As the client's plug-in registers them."""
    found = entry_points(group="openstack.baremetal.v1")
    return {entry.name.replace("_", " ") for entry in found}


def as_command(arguments: tuple[str, ...]) -> str:
    known = all_commands()
    longest = [" ".join(arguments[:end]) for end in range(len(arguments), 0, -1)]
    return next(words for words in longest if words in known)


async def an_inventory(operator) -> None:
    chassis = await operator.show("chassis create --description row-1 --extra rack=r1")
    await operator.do(f"chassis set {chassis['uuid']} --description row-2")
    await operator.do(f"chassis unset {chassis['uuid']} --extra rack")
    assert (await operator.show(f"chassis show {chassis['uuid']}"))["description"] == "row-2"
    assert len(await operator.show("chassis list")) == 1
    assert (await operator.show("driver list"))[0]["name"] == "fake-hardware"
    assert (await operator.show("driver show fake-hardware"))["name"] == "fake-hardware"
    await operator.show("driver property list fake-hardware")
    await operator.show("driver raid property list fake-hardware")
    conductor = (await operator.show("conductor list"))[0]["hostname"]
    assert (await operator.show(f"conductor show {conductor}"))["alive"] is True

    made = await operator.show(
        "node create --driver fake-hardware --name n1 --resource-class gold --property cpus=4",
        *("--chassis-uuid", chassis["uuid"], "--shard", "s1", "--driver-info", "password=1234"),
    )
    assert made["driver_info"] == {"password": "******"}
    await operator.do("node create --driver fake-hardware --name child --parent-node n1")
    await operator.show("node children list n1")
    assert {"name": "s1", "count": 1} in await operator.show("shard list")
    await operator.do("node set n1 --extra rack=r1 --description", "a node")
    await operator.do("node unset n1 --property cpus")
    assert (await operator.node())["properties"] == {}
    await operator.do("node add trait n1 CUSTOM_FAST")
    await operator.do("node trait add n1 CUSTOM_OLD CUSTOM_ODD")
    await operator.do("node trait remove n1 CUSTOM_OLD")
    await operator.do("node remove trait n1 CUSTOM_ODD")
    assert await operator.show("node trait list n1") == [{"traits": "CUSTOM_FAST"}]

    group = await operator.show(
        f"port group create --node {made['uuid']} --name bond --address {MAC.format(1)}"
    )
    await operator.do(f"port group set {group['uuid']} --extra a=b --mode 802.3ad")
    await operator.do(f"port group unset {group['uuid']} --extra a")
    assert (await operator.show("port group show bond"))["mode"] == "802.3ad"
    assert len(await operator.show("port group list")) == 1
    port = await operator.show(
        f"port create {MAC.format(2)} --node {made['uuid']} --port-group {group['uuid']}",
        *("--local-link-connection", "switch_id=0a:00:00:00:00:01"),
        *("--local-link-connection", "port_id=swp1", "--name", "eth0"),
    )
    await operator.do(f"port set {port['uuid']} --extra slot=2 --pxe-disabled")
    await operator.do(f"port unset {port['uuid']} --extra slot --port-group")
    assert (await operator.show(f"port show {port['uuid']}"))["portgroup_uuid"] is None
    assert len(await operator.show("port list --long")) == 1
    extra = await operator.show(f"port create {MAC.format(3)} --node {made['uuid']}")
    await operator.do(f"port delete {extra['uuid']}")
    await operator.do("port group delete bond")
    await operator.do(
        "create",
        operator.file("fleet.json", {"nodes": [{"driver": "fake-hardware", "name": "from-file"}]}),
    )
    await operator.do("node delete from-file")


async def what_operators_prepare(operator) -> None:
    steps = [{"interface": "deploy", "step": "write_image", "args": {}, "priority": 80}]
    await operator.do("deploy template create CUSTOM_FAST --steps", json.dumps(steps))
    await operator.do("deploy template set CUSTOM_FAST --extra a=b")
    await operator.do("deploy template unset CUSTOM_FAST --extra a")
    assert (await operator.show("deploy template show CUSTOM_FAST"))["steps"] == steps
    assert len(await operator.show("deploy template list")) == 1
    await operator.do("deploy template delete CUSTOM_FAST")

    steps = [{"interface": "power", "step": "reboot", "args": {}, "order": 1}]
    book = "CUSTOM_FRESH"
    await operator.do(f"runbook create --name {book} --steps", json.dumps(steps))
    await operator.do(f"runbook set {book} --extra a=b")
    await operator.do(f"runbook unset {book} --extra a")
    await operator.do(f"runbook trait add {book} CUSTOM_FAST CUSTOM_OLD")
    await operator.do(f"runbook trait remove {book} CUSTOM_OLD")
    assert (await operator.show(f"runbook show {book}"))["name"] == book
    assert len(await operator.show("runbook list")) == 1
    assert await operator.show(f"runbook trait list {book}") == [{"traits": "CUSTOM_FAST"}]

    rule = await operator.show(
        "inspection rule create --description r --actions",
        json.dumps([{"op": "set-attribute", "args": {"path": "/extra/seen", "value": "yes"}}]),
    )
    await operator.do(f"inspection rule set {rule['uuid']} --description better")
    await operator.do(f"inspection rule unset {rule['uuid']} --description")
    await operator.show(f"inspection rule show {rule['uuid']}")
    assert len(await operator.show("inspection rule list")) == 1


async def hardware(operator) -> None:
    node = await operator.node()
    await operator.reaches("manage n1", "manageable")
    await operator.show("node validate n1")
    await operator.do("node power on n1")
    await operator.do("node reboot n1")
    await operator.do("node power off n1 --soft --power-timeout 30")
    await operator.do("node boot device set n1 disk --persistent")
    assert (await operator.show("node boot device show n1"))["boot_device"] == "disk"
    await operator.show("node boot device show n1 --supported")
    await operator.do("node boot mode set n1 uefi")
    await operator.do("node secure boot on n1")
    await operator.do("node secure boot off n1")
    await operator.do("node inject nmi n1")
    await operator.do("node console enable n1")
    assert (await operator.show("node console show n1"))["console_enabled"] is True
    await operator.do("node console disable n1")
    settings = await operator.show("node bios setting list n1")
    await operator.show(f"node bios setting show n1 {settings[0]['name']}")
    await operator.show("node firmware list n1")
    await operator.show("node passthru list n1")
    await operator.show("driver passthru list fake-hardware")
    await operator.do("node set n1 --target-raid-config", json.dumps(RAID))
    where = ("--node", node["uuid"])
    connector = await operator.show(
        "volume connector create --type iqn --connector-id iqn.2026-01.test:c1", *where
    )
    await operator.do(f"volume connector set {connector['uuid']} --extra a=b")
    await operator.do(f"volume connector unset {connector['uuid']} --extra a")
    await operator.show(f"volume connector show {connector['uuid']}")
    assert len(await operator.show("volume connector list")) == 1
    await operator.do(f"volume connector delete {connector['uuid']}")
    target = await operator.show(
        "volume target create --type iscsi --boot-index 0 --volume-id v1", *where
    )
    await operator.do(f"volume target set {target['uuid']} --extra a=b")
    await operator.do(f"volume target unset {target['uuid']} --extra a")
    await operator.show(f"volume target show {target['uuid']}")
    assert len(await operator.show("volume target list")) == 1
    await operator.do(f"volume target delete {target['uuid']}")


async def a_life(operator) -> None:
    await operator.reaches("inspect n1", "manageable")
    kept = str(operator.folder / "inventory.json")
    await operator.do("node inventory save n1 --file", kept)
    assert "inventory" in json.loads(Path(kept).read_text())
    steps = json.dumps([{"interface": "power", "step": "reboot"}])
    await operator.reaches("clean n1 --clean-steps", "manageable", steps)
    held = json.dumps([{"interface": "power", "step": "hold"}])
    await operator.do("node clean n1 --clean-steps", held)
    await until(operator, "clean hold")
    await operator.do("node unhold n1")
    await until(operator, "manageable")
    await operator.do("node clean n1 --clean-steps", held)
    await until(operator, "clean hold")
    await operator.do("node abort n1")
    await until(operator, "clean failed")
    events = await operator.show("node history list n1")
    await operator.show(f"node history get n1 {events[0]['uuid']}")
    await operator.do("node maintenance unset n1")
    await operator.reaches("manage n1", "manageable")
    await operator.reaches("provide n1", "available")

    made = await operator.show("allocation create --resource-class gold --name a1 --wait 30")
    assert made["state"] == "active"
    await operator.do("allocation set a1 --extra a=b")
    await operator.do("allocation unset a1 --extra a")
    assert (await operator.show("allocation show a1"))["node_uuid"] is not None
    assert len(await operator.show("allocation list")) == 1
    await operator.do("node vif attach n1 vif-1")
    assert await operator.show("node vif list n1") == [{"id": "vif-1"}]
    await operator.do("node vif detach n1 vif-1")
    await operator.do("node set n1", *IMAGE)
    await operator.reaches("deploy n1", "active")
    await operator.do("node maintenance set n1 --reason fan")
    await operator.do("node maintenance unset n1")
    await operator.reaches("rescue n1 --rescue-password s3cret", "rescue")
    await operator.reaches("unrescue n1", "active")
    steps = json.dumps([{"interface": "power", "step": "reboot"}])
    await operator.reaches("service n1 --service-steps", "active", steps)
    await operator.reaches("rebuild n1", "active")
    await operator.reaches("undeploy n1", "available")
    assert await operator.show("allocation list") == []
    made = await operator.show("allocation create --resource-class gold --name a2 --wait 30")
    await operator.do("allocation delete a2")
    await operator.reaches("manage n1", "manageable")
    await operator.do("node set n1", *IMAGE)
    await operator.reaches("adopt n1", "active")
    await operator.reaches("undeploy n1", "available")


async def until(operator, state: str) -> None:
    """`node list` until the node is there; each call is a round trip, and the deadline its number."""
    for _ in range(60):
        shown = await operator.node()
        if shown["provision_state"] == state:
            return
    raise AssertionError(f"{shown['provision_state']} is not {state}: {shown['last_error']}")


async def the_end(operator) -> None:
    with pytest.raises(OpenStackFailed, match="child nodes"):
        await operator.do("node delete n1")
    await operator.do("node delete child")
    await operator.do("node passthru call n1 echo --arg bar=baz --http-method POST")
    await operator.do("driver passthru call fake-hardware note --arg text=hello --http-method POST")
    await operator.do("runbook delete CUSTOM_FRESH")
    (rule,) = await operator.show("inspection rule list")
    await operator.do(f"inspection rule delete {rule['uuid']}")
    node = await operator.node()
    await operator.do("node delete n1")
    await operator.do(f"chassis delete {node['chassis_uuid']}")
    assert await operator.show("node list") == []
