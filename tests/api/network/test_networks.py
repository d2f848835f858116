"""`/network/v2.0/networks`."""

from typing import Any

import pytest
from tests.asgi import Answer, AsgiClient

URL = "/network/v2.0/networks"


async def create(client: AsgiClient, **attributes: Any) -> Answer:
    body = {key.replace("provider_", "provider:"): value for key, value in attributes.items()}
    return await client.post(URL, {"network": body})


def vlan(number: int) -> dict[str, Any]:
    return {"provider_network_type": "vlan", "provider_segmentation_id": number}


def error_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["NeutronError"]["type"]


async def test_an_administrator_names_the_vlan(admin: AsgiClient) -> None:
    made = await create(admin, name="provisioning", **vlan(100), mtu=1450)
    assert made.status == 201
    network = made.json["network"]
    assert network["provider:segmentation_id"] == 100
    assert network["provider:physical_network"] == "physnet1"
    assert (network["status"], network["mtu"], network["subnets"]) == ("ACTIVE", 1450, [])
    shown = await admin.get(f"{URL}/{network['id']}")
    assert shown.json["network"] == network


async def test_a_tenants_network_gets_a_free_vlan_until_there_is_none(
    admin: AsgiClient, blue: AsgiClient
) -> None:
    assert (await create(admin, **vlan(1000))).status == 201
    mine = await create(blue, name="mine")
    assert mine.status == 201
    assert "provider:segmentation_id" not in mine.json["network"]
    shown = await admin.get(f"{URL}/{mine.json['network']['id']}")
    assert shown.json["network"]["provider:segmentation_id"] == 1001
    refused = await create(blue, name="one too many")
    assert error_of(refused) == (409, "NoNetworkAvailable")
    assert "tenant_vlans" in refused.json["NeutronError"]["message"]


async def test_one_vlan_carries_one_network(admin: AsgiClient) -> None:
    await create(admin, name="first", **vlan(100))
    refused = await create(admin, name="second", **vlan(100))
    assert error_of(refused) == (409, "VlanIdInUse")
    assert "first" in refused.json["NeutronError"]["message"]


@pytest.mark.parametrize("number", [0, 4095, 4094, -1, "x", True, 10**30, "1" * 5000])
async def test_impossible_and_parked_vlans_are_refused(admin: AsgiClient, number: Any) -> None:
    assert error_of(await create(admin, **vlan(number))) == (400, "InvalidInput")


@pytest.mark.parametrize(
    "attributes",
    [
        {"provider_network_type": "vxlan"},
        {"provider_network_type": "flat", "provider_segmentation_id": 5},
        {"mtu": 10},
        {"name": "a\0b"},
        {"name": "x" * 256},
        {"name": 5},
        {"admin_state_up": "perhaps"},
        {"colour": "blue"},
        {"qos_policy_id": "some"},
    ],
)
async def test_nonsense_is_refused(admin: AsgiClient, attributes: dict[str, Any]) -> None:
    assert error_of(await create(admin, **attributes)) == (400, "InvalidInput")


@pytest.mark.parametrize("body", [{}, {"network": []}, {"networks": []}])
async def test_a_body_without_the_resource_is_refused(
    admin: AsgiClient, body: dict[str, Any]
) -> None:
    assert error_of(await admin.post(URL, body)) == (400, "InvalidInput")


@pytest.mark.parametrize("attributes", [vlan(100), {"shared": True}, {"project_id": "red"}])
async def test_what_only_administrators_may_set(
    blue: AsgiClient, attributes: dict[str, Any]
) -> None:
    assert error_of(await create(blue, **attributes)) == (403, "PolicyNotAuthorized")


async def test_without_a_token_nothing_is_shown(app: Any) -> None:
    assert error_of(await AsgiClient(app).get(URL)) == (401, "HTTPUnauthorized")


async def test_a_project_sees_its_own_and_shared_networks_only(
    admin: AsgiClient, blue: AsgiClient, red: AsgiClient
) -> None:
    await create(admin, name="provisioning", **vlan(100))
    shared = (await create(admin, name="shared", **vlan(101), shared=True)).json["network"]
    mine = (await create(blue, name="mine")).json["network"]
    listed = (await blue.get(URL)).json["networks"]
    assert [network["name"] for network in listed] == ["mine", "shared"]
    assert error_of(await red.get(f"{URL}/{mine['id']}")) == (404, "NetworkNotFound")
    refused = await blue.put(f"{URL}/{shared['id']}", {"network": {"name": "taken over"}})
    assert error_of(refused) == (403, "PolicyNotAuthorized")
    assert error_of(await red.delete(f"{URL}/{mine['id']}")) == (404, "NetworkNotFound")


async def test_change_and_delete(admin: AsgiClient) -> None:
    network = (await create(admin, name="a", **vlan(100))).json["network"]
    url = f"{URL}/{network['id']}"
    changed = await admin.put(url, {"network": {"name": "b", "shared": True}})
    assert changed.status == 200
    assert (changed.json["network"]["name"], changed.json["network"]["shared"]) == ("b", True)
    assert changed.json["network"]["revision_number"] > network["revision_number"]
    moved = await admin.put(url, {"network": {"provider:segmentation_id": 5}})
    assert error_of(moved) == (400, "InvalidInput")
    assert (await admin.delete(url)).status == 204
    assert error_of(await admin.delete(url)) == (404, "NetworkNotFound")


async def test_a_network_with_ports_stays(admin: AsgiClient) -> None:
    network = (await create(admin, **vlan(100))).json["network"]
    made = await admin.post("/network/v2.0/ports", {"port": {"network_id": network["id"]}})
    refused = await admin.delete(f"{URL}/{network['id']}")
    assert error_of(refused) == (409, "NetworkInUse")
    await admin.delete(f"/network/v2.0/ports/{made.json['port']['id']}")
    assert (await admin.delete(f"{URL}/{network['id']}")).status == 204


async def test_filters_fields_order_and_pages(admin: AsgiClient) -> None:
    for number, name in ((101, "c"), (102, "a"), (103, "b")):
        await create(admin, name=name, **vlan(number))

    async def names(query: str) -> list[str]:
        return [n["name"] for n in (await admin.get(f"{URL}?{query}")).json["networks"]]

    assert await names("name=a&name=b") == ["a", "b"]
    assert await names("provider:segmentation_id=103") == ["b"]
    assert await names("shared=true") == []
    assert await names("admin_state_up=True&unknown=x") == ["a", "b", "c"]
    assert await names("sort_key=name&sort_dir=desc") == ["c", "b", "a"]
    fields = await admin.get(f"{URL}?fields=name&fields=id&name=a")
    assert list(fields.json["networks"][0]) == ["name", "id"]
    first = (await admin.get(f"{URL}?limit=2")).json
    assert [network["name"] for network in first["networks"]] == ["a", "b"]
    second = (await admin.get(first["networks_links"][0]["href"])).json
    assert [network["name"] for network in second["networks"]] == ["c"]
    assert "networks_links" not in second


@pytest.mark.parametrize("query", ["limit=x", "marker=gone", "sort_key=no", "limit=" + "9" * 5000])
async def test_impossible_pages_are_refused(admin: AsgiClient, query: str) -> None:
    await create(admin, **vlan(100))
    assert error_of(await admin.get(f"{URL}?{query}")) == (400, "InvalidInput")


@pytest.mark.parametrize("name", ["provisioning", "cleaning", "inspection"])
async def test_no_tenant_takes_the_name_of_a_network_that_machines_are_deployed_on(
    admin: AsgiClient, blue: AsgiClient, name: str
) -> None:
    refused = await create(blue, name=name)
    assert error_of(refused) == (403, "PolicyNotAuthorized")
    assert "network.infrastructure" in refused.json["NeutronError"]["message"]
    mine = (await create(blue, name="mine")).json["network"]["id"]
    renamed = await blue.put(f"{URL}/{mine}", {"network": {"name": name}})
    assert error_of(renamed) == (403, "PolicyNotAuthorized")
    assert (await create(admin, name=name)).status == 201


async def test_a_reader_looks_and_changes_nothing(blue: AsgiClient) -> None:
    network_id = (await create(blue, name="mine")).json["network"]["id"]
    url = f"{URL}/{network_id}"
    for role, status in (("reader", 200), ("something-else", 403)):
        as_role = {"X-Auth-Token": f"blue:{role}"}
        assert (await blue.request("GET", url, headers=as_role)).status == status
        for method, where, body in (
            ("POST", URL, {"network": {"name": "another"}}),
            ("PUT", url, {"network": {"name": "renamed"}}),
            ("DELETE", url, None),
        ):
            refused = await blue.request(method, where, body, headers=as_role)
            assert error_of(refused) == (403, "PolicyNotAuthorized")
            assert "it is for admin, service, member" in refused.json["NeutronError"]["message"]
