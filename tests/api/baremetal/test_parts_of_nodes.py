"""Below a node: traits, VIFs, boot device, inventory; and beside it: drivers, conductors."""

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.store import conductors

NODE = "/v1/nodes/n1"


async def traits(cloud):
    return (await cloud.client.get(f"{NODE}/traits")).json["traits"]


async def test_traits_are_replaced_added_and_removed(cloud):
    await cloud.enrol(name="n1")
    assert (
        await cloud.client.put(f"{NODE}/traits", {"traits": ["CUSTOM_B", "HW_CPU_X86_VMX"]})
    ).status == 204
    added = await cloud.client.put(f"{NODE}/traits/CUSTOM_A")
    assert added.status == 204
    assert added.headers["Location"] == f"http://cloud.test{NODE}/traits/CUSTOM_A"
    assert await traits(cloud) == ["CUSTOM_A", "CUSTOM_B", "HW_CPU_X86_VMX"]
    assert (await cloud.client.get(NODE)).json["traits"] == await traits(cloud)
    assert (await cloud.client.delete(f"{NODE}/traits/CUSTOM_B")).status == 204
    assert (await cloud.client.delete(f"{NODE}/traits/CUSTOM_B")).status == 404
    assert (await cloud.client.delete(f"{NODE}/traits")).status == 204
    assert await traits(cloud) == []


@pytest.mark.parametrize(
    "body",
    [
        {"traits": ["custom_a"]},
        {"traits": ["CUSTOM_"]},
        {"traits": ["CUSTOM_A B"]},
        {"traits": ["FAST_CPU"]},
        {"traits": [1]},
        {"traits": "CUSTOM_A"},
        {"traits": None},
        {},
        {"traits": [], "more": 1},
        {"traits": [f"CUSTOM_{n}" for n in range(51)]},
    ],
)
async def test_what_is_no_trait_is_refused(cloud, body):
    await cloud.enrol(name="n1")
    assert (await cloud.client.put(f"{NODE}/traits", body)).status == 400
    assert await traits(cloud) == []


async def test_a_node_has_fifty_traits_at_most(cloud):
    await cloud.enrol(name="n1")
    await cloud.client.put(f"{NODE}/traits", {"traits": [f"CUSTOM_{n}" for n in range(50)]})
    assert (await cloud.client.put(f"{NODE}/traits/CUSTOM_X")).status == 400
    assert (await cloud.client.put(f"{NODE}/traits/CUSTOM_1")).status == 204


async def test_vifs_come_and_go(cloud):
    node = await cloud.enrol(name="n1")
    port = await cloud.add_port(node["uuid"])
    assert (await cloud.client.post(f"{NODE}/vifs", {"id": "vif-1"})).status == 204
    assert (await cloud.client.get(f"{NODE}/vifs")).json == {"vifs": [{"id": "vif-1"}]}
    shown = (await cloud.client.get(f"/v1/ports/{port['uuid']}")).json
    assert shown["internal_info"] == {"tenant_vif_port_id": "vif-1"}
    assert (await cloud.client.post(f"{NODE}/vifs", {"id": "vif-1"})).status == 409
    assert (await cloud.client.post(f"{NODE}/vifs", {"id": "vif-2"})).status == 400
    assert (await cloud.client.delete(f"{NODE}/vifs/vif-1")).status == 204
    assert (await cloud.client.get(f"{NODE}/vifs")).json == {"vifs": []}
    assert (await cloud.client.delete(f"{NODE}/vifs/vif-1")).status == 400


@pytest.mark.parametrize("body", [{}, {"id": 1}, {"id": ""}, {"id": "v", "port_uuid": "p"}])
async def test_what_is_no_vif_is_refused(cloud, body):
    await cloud.enrol(name="n1")
    assert (await cloud.client.post(f"{NODE}/vifs", body)).status == 400


async def test_the_boot_device_is_told_and_read_back(cloud):
    await cloud.enrol(name="n1")
    url = f"{NODE}/management/boot_device"
    devices = (await cloud.client.get(f"{url}/supported")).json["supported_boot_devices"]
    assert {"pxe", "disk"} <= set(devices)
    assert (await cloud.client.put(url, {"boot_device": "disk", "persistent": True})).status == 204
    assert (await cloud.client.get(url)).json == {"boot_device": "disk", "persistent": True}
    for body in ({"boot_device": "toaster"}, {"boot_device": ["pxe"]}, {}, {"persistent": True}):
        assert (await cloud.client.put(url, body)).status == 400
    assert (await cloud.client.get(NODE)).json["reservation"] is None


async def test_the_inventory_is_there_after_inspection(cloud):
    node = await cloud.enrol(name="n1")
    missing = await cloud.client.get(f"{NODE}/inventory")
    assert missing.status == 404
    assert "inspect it first" in fault(missing)
    await cloud.manage(node["uuid"])
    await cloud.client.put(f"{NODE}/states/provision", {"target": "inspect"})
    await cloud.until_state(node["uuid"], "manageable")
    assert set((await cloud.client.get(f"{NODE}/inventory")).json) == {"inventory", "plugin_data"}


async def test_drivers_with_their_hosts_and_interfaces(cloud):
    (driver,) = (await cloud.client.get("/v1/drivers")).json["drivers"]
    assert set(driver) == {"name", "hosts", "type", "links", "properties"}
    assert (driver["name"], driver["hosts"]) == ("fake-hardware", ["host-1"])
    shown = (await cloud.client.get("/v1/drivers/fake-hardware")).json
    assert shown["enabled_inspect_interfaces"] == ["fake", "no-inspect"]
    assert shown["default_deploy_interface"] == "fake"
    assert shown["enabled_storage_interfaces"] == ["fake", "noop"]
    assert shown["default_storage_interface"] == "noop"
    assert (await cloud.client.get("/v1/drivers?detail=true")).json["drivers"] == [shown]
    assert (await cloud.client.get("/v1/drivers?type=classic")).json == {"drivers": []}
    assert (await cloud.client.get("/v1/drivers?type=x")).status == 400
    assert (await cloud.client.get("/v1/drivers/none")).status == 404
    old = (
        await cloud.client.get("/v1/drivers/fake-hardware", X_OpenStack_Ironic_API_Version="1.29")
    ).json
    assert set(old) == {"name", "hosts", "links", "properties"}


async def test_conductors_and_whether_they_live(cloud):
    (row,) = (await cloud.client.get("/v1/conductors")).json["conductors"]
    assert set(row) == {"hostname", "conductor_group", "alive", "links"}
    assert row["alive"] is True
    shown = (await cloud.client.get("/v1/conductors/host-1")).json
    assert shown["drivers"] == ["fake-hardware"]
    assert (await cloud.client.get("/v1/conductors?detail=true")).json["conductors"] == [shown]
    assert (await cloud.client.get("/v1/conductors/none")).status == 404
    async with cloud.desk.shelves.database.write() as connection:
        (known,) = await conductors.list_conductors(connection)
        await conductors.leave(connection, known.hostname, known.incarnation)
    assert (await cloud.client.get("/v1/conductors/host-1")).json["alive"] is False
    assert (await cloud.client.get("/v1/drivers")).json == {"drivers": []}


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/v1/portgroups", "portgroups"),
        ("/v1/chassis", "chassis"),
        ("/v1/volume/connectors", "connectors"),
        ("/v1/volume/targets", "targets"),
        (f"{NODE}/portgroups", "portgroups"),
        (f"{NODE}/volume/targets", "targets"),
    ],
)
async def test_what_there_is_none_of_is_an_empty_list(cloud, path, key):
    await cloud.enrol(name="n1")
    assert (await cloud.client.get(path)).json == {key: []}
    if path.startswith(NODE):
        assert (await cloud.client.post(path, {})).status == 405
        assert (await cloud.client.get(path.replace("n1", "n9"))).status == 404
