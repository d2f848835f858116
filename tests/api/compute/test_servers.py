"""`/compute/v2.1/servers`."""

import base64

import pytest
from tests.api.compute.api_cloud import an_api_cloud
from tests.simulated.baremetal import a_node

from bessemer.compute.domain.server import VmState

V21 = "/compute/v2.1"


@pytest.fixture
async def api(tmp_path):
    async with an_api_cloud(tmp_path, a_node("node-1")) as made:
        yield made


@pytest.fixture
async def idle(tmp_path):
    """Nothing is built: no nodes."""
    async with an_api_cloud(tmp_path) as made:
        yield made


async def test_create_show_and_delete(api):
    answer = await api.ann.post(f"{V21}/servers", api.wish())
    assert answer.status == 202
    server_id = answer.json["server"]["id"]
    assert answer.headers["Location"] == f"http://cloud.test/compute/v2.1/servers/{server_id}"
    await api.cloud.until_state(server_id, VmState.ACTIVE)
    server = (await api.ann.get(f"{V21}/servers/{server_id}")).json["server"]
    assert server["status"] == "ACTIVE"
    assert server["progress"] == 100
    assert server["OS-EXT-STS:vm_state"] == "active"
    assert server["OS-EXT-STS:power_state"] == 1
    assert server["tenant_id"] == "shop"
    assert server["flavor"]["original_name"] == "gold"
    assert server["image"]["id"] == api.cloud.image_id
    (address,) = server["addresses"]["tenant-a"]
    assert address["version"] == 4
    assert address["OS-EXT-IPS-MAC:mac_addr"] == api.cloud.baremetal.only().macs[0]
    assert "OS-EXT-SRV-ATTR:hypervisor_hostname" not in server
    assert (await api.ann.delete(f"{V21}/servers/{server_id}")).status == 204
    await api.cloud.until_state(server_id, VmState.DELETED)
    gone = await api.ann.get(f"{V21}/servers/{server_id}")
    assert gone.status == 404
    assert gone.json["itemNotFound"]["code"] == 404
    assert (await api.ann.delete(f"{V21}/servers/{server_id}")).status == 404


async def test_administrators_see_the_node(api):
    server_id = await api.create()
    await api.cloud.until_state(server_id, VmState.ACTIVE)
    server = (await api.root.get(f"{V21}/servers/{server_id}")).json["server"]
    uuid = api.cloud.baremetal.only().view.uuid
    assert server["OS-EXT-SRV-ATTR:hypervisor_hostname"] == uuid


async def test_another_project_sees_nothing(api):
    server_id = await api.create()
    assert (await api.bob.get(f"{V21}/servers/{server_id}")).status == 404
    assert (await api.bob.delete(f"{V21}/servers/{server_id}")).status == 404
    assert (await api.bob.get(f"{V21}/servers/{server_id}/timeline")).status == 404
    stop = await api.bob.post(f"{V21}/servers/{server_id}/action", {"os-stop": None})
    assert stop.status == 404
    assert (await api.bob.get(f"{V21}/servers")).json == {"servers": []}
    assert (await api.bob.get(f"{V21}/servers?all_tenants=1")).json == {"servers": []}
    everywhere = await api.root.get(f"{V21}/servers/detail?all_tenants=1")
    assert [server["id"] for server in everywhere.json["servers"]] == [server_id]


async def test_nobody_gets_in(idle):
    for path in ("servers", "flavors", "os-keypairs", "limits", "os-hypervisors"):
        answer = await idle.nobody.get(f"{V21}/{path}")
        assert answer.status == 401, path
        assert answer.json["unauthorized"]["code"] == 401


async def test_a_fault_is_shown(idle):
    server_id = await idle.create()
    await idle.cloud.until_state(server_id, VmState.ERROR)
    server = (await idle.ann.get(f"{V21}/servers/{server_id}")).json["server"]
    assert server["status"] == "ERROR"
    assert "No valid host was found: no node is enrolled" in server["fault"]["message"]
    assert "Next: openstack baremetal node list" in server["fault"]["message"]
    assert "progress" not in server


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flavorRef": "nope"}, "Flavor nope could not be found"),
        ({"imageRef": "nope"}, "Image nope could not be found"),
        ({"imageRef": ""}, "imageRef is required"),
        ({"networks": [{"uuid": "nope"}]}, "Network nope could not be found"),
        ({"networks": [{"port": "nope"}]}, "Port nope could not be found"),
        ({"networks": [{}]}, "needs a uuid or a port"),
        ({"networks": "some"}, "networks is a list"),
        ({"networks": "auto"}, "compute.default_network"),
        ({"networks": None}, "networks is required"),
        ({"key_name": "nope"}, "Invalid key_name"),
        ({"user_data": "%%%"}, "user_data must be base64"),
        ({"user_data": "A" * 65536}, "longer than 65535"),
        ({"name": " "}, "1 to 255 characters"),
        ({"config_drive": "perhaps"}, "neither true nor false"),
        ({"min_count": 0}, "min_count must be"),
        ({"min_count": 3, "max_count": "x"}, "max_count must be"),
        ({"availability_zone": "mars"}, "availability zone is not available: mars"),
        ({"security_groups": [{"name": "web"}]}, "Security groups are not offered"),
        ({"adminPass": "x"}, "unknown field"),
        ({"metadata": {"a": 1}}, "Expected `str`"),
    ],
)
async def test_what_makes_no_sense_is_400_with_a_reason(idle, change, words):
    answer = await idle.ann.post(f"{V21}/servers", idle.wish(**change))
    assert answer.status == 400
    assert words in answer.json["badRequest"]["message"]
    assert (await idle.ann.get(f"{V21}/servers")).json["servers"] == []


async def test_naming_a_node_is_for_administrators(api):
    uuid = api.cloud.baremetal.only().view.uuid
    for change in ({"hypervisor_hostname": uuid}, {"availability_zone": f"nova::{uuid}"}):
        answer = await api.ann.post(f"{V21}/servers", api.wish(**change))
        assert answer.status == 403
        assert "forbidden" in answer.json
    allowed = await api.root.post(f"{V21}/servers", api.wish(hypervisor_hostname=uuid))
    assert allowed.status == 202


async def test_networks_may_be_left_out_of_old_requests_when_there_is_a_default(tmp_path):
    node = a_node("node-1")
    async with an_api_cloud(tmp_path, node, default_network="tenant-b") as api:
        api.ann.headers["OpenStack-API-Version"] = "compute 2.1"
        server_id = await api.create(networks=[])
        server = await api.cloud.until_state(server_id, VmState.ACTIVE)
        assert [vif.network_name for vif in server.vifs] == ["tenant-b"]


async def test_no_networks(api):
    server_id = await api.create(networks="none")
    server = await api.cloud.until_state(server_id, VmState.ACTIVE)
    assert server.vifs == ()


async def test_several_servers_of_one_request(idle):
    answer = await idle.ann.post(
        f"{V21}/servers", idle.wish(min_count=2, max_count=3, return_reservation_id=True)
    )
    reservation = answer.json["reservation_id"]
    listed = await idle.ann.get(f"{V21}/servers?reservation_id={reservation}")
    assert sorted(s["name"] for s in listed.json["servers"]) == ["web-1", "web-2", "web-3"]


async def test_lists_filter_and_page(idle):
    ids = [await idle.create(name=name) for name in ("a_1", "a%2", "b")]
    for server_id in ids:
        await idle.cloud.until_state(server_id, VmState.ERROR)

    async def names(query):
        answer = await idle.ann.get(f"{V21}/servers?{query}")
        assert answer.status == 200, answer.content
        return [server["name"] for server in answer.json["servers"]]

    assert await names("") == ["b", "a%2", "a_1"]
    assert await names("name=a") == ["a%2", "a_1"]
    assert await names("name=%5Eb%24") == ["b"]
    assert await names("name=_") == ["a_1"]
    assert await names("status=ERROR&name=b") == ["b"]
    assert await names("status=ACTIVE") == []
    assert await names("status=nonsense") == []
    assert await names(f"uuid={ids[0]}") == ["a_1"]
    assert await names("limit=0") == []
    first = await idle.ann.get(f"{V21}/servers?limit=2")
    (link,) = first.json["servers_links"]
    rest = await idle.ann.get(link["href"])
    assert [server["name"] for server in rest.json["servers"]] == ["a_1"]
    assert "servers_links" not in rest.json
    assert (await idle.ann.get(f"{V21}/servers?marker=nope")).status == 400
    assert (await idle.ann.get(f"{V21}/servers?limit=-1")).status == 400
    for moment in ("then", "0001-01-01T00:00:00%2B14:00"):
        assert (await idle.ann.get(f"{V21}/servers?changes-since={moment}")).status == 400
    assert await names("changes-since=2099-01-01T00:00:00Z") == []


async def test_rename(idle):
    server_id = await idle.create()
    await idle.cloud.until_state(server_id, VmState.ERROR)
    body = {"server": {"name": "db", "description": "the database"}}
    changed = await idle.ann.put(f"{V21}/servers/{server_id}", body)
    assert changed.status == 200
    assert changed.json["server"]["name"] == "db"
    assert changed.json["server"]["description"] == "the database"
    bad = await idle.ann.put(f"{V21}/servers/{server_id}", {"server": {"name": ""}})
    assert bad.status == 400


@pytest.mark.parametrize(
    ("version", "present", "absent"),
    [
        ("2.1", {"OS-EXT-STS:vm_state"}, {"description", "locked", "tags"}),
        ("2.19", {"description", "locked"}, {"tags"}),
        ("2.46", {"tags"}, {"server_groups"}),
        ("2.96", {"pinned_availability_zone", "OS-EXT-SRV-ATTR:hostname"}, set()),
    ],
)
async def test_fields_belong_to_microversions(idle, version, present, absent):
    server_id = await idle.create()
    headers = {"OpenStack-API-Version": f"compute {version}"}
    answer = await idle.ann.get(f"{V21}/servers/{server_id}", **headers)
    assert answer.headers["OpenStack-API-Version"] == f"compute {version}"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == version
    server = answer.json["server"]
    assert present <= set(server)
    assert not absent & set(server)
    assert ("id" in server["flavor"]) == (version != "2.96")


async def test_versions_out_of_range_are_406(idle):
    answer = await idle.ann.get(f"{V21}/servers", OpenStack_API_Version="compute 2.999")
    assert answer.status == 406


async def test_version_documents(idle):
    (version,) = (await idle.nobody.get("/compute/")).json["versions"]
    assert (version["min_version"], version["version"]) == ("2.1", "2.96")
    for path in (V21, f"{V21}/"):
        shown = (await idle.nobody.get(path)).json["version"]
        assert shown["links"][0]["href"] == "http://cloud.test/compute/v2.1/"


async def test_user_data_reaches_the_config_drive(api):
    data = base64.b64encode(b"#!/bin/sh\n").decode()
    server_id = await api.create(user_data=data, metadata={"role": "web"})
    await api.cloud.until_state(server_id, VmState.ACTIVE)
    shown = await api.ann.get(f"{V21}/servers/{server_id}/metadata")
    assert shown.json == {"metadata": {"role": "web"}}
    assert api.cloud.baremetal.only().configdrive is not None


async def test_timeline_and_instance_actions(api):
    server_id = await api.create()
    await api.cloud.until_state(server_id, VmState.ACTIVE)
    rows = (await api.ann.get(f"{V21}/servers/{server_id}/timeline")).json["timeline"]
    assert [row["number"] for row in rows] == list(range(1, 17))
    assert {row["state"] for row in rows} == {"done"}
    actions = await api.ann.get(f"{V21}/servers/{server_id}/os-instance-actions")
    (action,) = actions.json["instanceActions"]
    assert action["action"] == "create"
    path = f"{V21}/servers/{server_id}/os-instance-actions/{action['request_id']}"
    events = (await api.ann.get(path)).json["instanceAction"]["events"]
    assert {event["event"] for event in events} >= {"schedule", "claim", "wait_until_active"}
    assert {event["result"] for event in events} == {"Success"}
    assert (await api.ann.get(f"{path}x")).status == 404


async def test_a_deleted_servers_actions_can_still_be_read(api):
    server_id = await api.create()
    await api.cloud.until_state(server_id, VmState.ACTIVE)
    await api.ann.delete(f"{V21}/servers/{server_id}")
    await api.cloud.until_state(server_id, VmState.DELETED)
    actions = await api.ann.get(f"{V21}/servers/{server_id}/os-instance-actions")
    assert [a["action"] for a in actions.json["instanceActions"]] == ["delete", "create"]
    deleted = await api.root.get(f"{V21}/servers?all_tenants=1&deleted=true")
    assert [server["id"] for server in deleted.json["servers"]] == [server_id]


async def test_stop_start_and_reboot(api):
    server_id = await api.create()
    await api.cloud.until_state(server_id, VmState.ACTIVE)

    async def act(**body):
        answer = await api.ann.post(f"{V21}/servers/{server_id}/action", body)
        return answer.status

    assert await act(**{"os-start": None}) == 409
    assert await act(**{"os-stop": None}) == 202
    await api.cloud.until_state(server_id, VmState.STOPPED)
    assert (await api.ann.get(f"{V21}/servers/{server_id}")).json["server"]["status"] == "SHUTOFF"
    assert await act(**{"os-start": None}) == 202
    await api.cloud.until_state(server_id, VmState.ACTIVE)
    assert await act(reboot={"type": "HARD"}) == 202
    await api.cloud.until(server_id, lambda s: s.task_state is None)
    assert await act(reboot={"type": "warm"}) == 400
    assert await act(createImage={}) == 400
    assert await act() == 400


async def test_what_hangs_below_a_server(api):
    server_id = await api.create()
    server = await api.cloud.until_state(server_id, VmState.ACTIVE)
    one = f"{V21}/servers/{server_id}"
    assert "tenant-a" in (await api.ann.get(f"{one}/ips")).json["addresses"]
    (nic,) = (await api.ann.get(f"{one}/os-interface")).json["interfaceAttachments"]
    assert nic["port_id"] == server.vifs[0].port_id
    assert (await api.ann.get(f"{one}/os-volume_attachments")).json == {"volumeAttachments": []}
