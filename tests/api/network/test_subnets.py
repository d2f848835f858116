"""`/network/v2.0/subnets`."""

from typing import Any

import pytest
from tests.api.network.test_networks import create, error_of, vlan
from tests.asgi import Answer, AsgiClient

URL = "/network/v2.0/subnets"


@pytest.fixture
async def bare_net(admin: AsgiClient) -> str:
    made = await create(admin, name="blue", **vlan(100))
    return str(made.json["network"]["id"])


async def subnet(client: AsgiClient, network: str, **attributes: Any) -> Answer:
    body = {"network_id": network, "cidr": "10.1.0.0/24", "ip_version": 4, **attributes}
    return await client.post(URL, {"subnet": body})


async def test_defaults_are_neutrons(admin: AsgiClient, bare_net: str) -> None:
    made = await subnet(admin, bare_net)
    assert made.status == 201
    shown = made.json["subnet"]
    assert shown["gateway_ip"] == "10.1.0.1"
    assert shown["allocation_pools"] == [{"start": "10.1.0.2", "end": "10.1.0.254"}]
    assert (shown["enable_dhcp"], shown["ip_version"]) == (True, 4)
    assert shown["service_address"] == "10.1.0.1"
    listed = (await admin.get(f"/network/v2.0/networks/{bare_net}")).json["network"]
    assert listed["subnets"] == [shown["id"]]
    assert (await admin.get(f"{URL}?network_id={bare_net}&cidr=10.1.0.0/24")).json["subnets"] == [
        shown
    ]


async def test_beside_a_router_the_cloud_takes_another_address(
    admin: AsgiClient, bare_net: str
) -> None:
    made = (await subnet(admin, bare_net, gateway_ip="10.1.0.254")).json["subnet"]
    assert (made["gateway_ip"], made["service_address"]) == ("10.1.0.254", "10.1.0.1")


async def test_no_gateway_and_no_dhcp(admin: AsgiClient, bare_net: str) -> None:
    made = (await subnet(admin, bare_net, gateway_ip=None, enable_dhcp=False)).json["subnet"]
    assert (made["gateway_ip"], made["service_address"]) == (None, None)
    changed = await admin.put(f"{URL}/{made['id']}", {"subnet": {"enable_dhcp": True}})
    assert changed.json["subnet"]["service_address"] == "10.1.0.1"


async def test_overlapping_subnets_are_refused(admin: AsgiClient, bare_net: str) -> None:
    await subnet(admin, bare_net)
    refused = await subnet(admin, bare_net, cidr="10.1.0.128/25")
    assert error_of(refused) == (409, "OverlappingSubnet")


@pytest.mark.parametrize(
    "attributes",
    [
        {"cidr": "10.1.0.0/33"},
        {"cidr": "fd00::/64", "ip_version": 6},
        {"gateway_ip": "gate"},
        {"allocation_pools": [{"start": "10.2.0.2", "end": "10.2.0.3"}]},
        {"allocation_pools": [{"start": "10.1.0.1", "end": "10.1.0.3"}]},
        {"dns_nameservers": ["dns,dhcp-script=/bin/sh"]},
        {"host_routes": [{"destination": "x", "nexthop": "10.1.0.9"}]},
        {"subnetpool_id": "some"},
    ],
)
async def test_nonsense_is_refused(
    admin: AsgiClient, bare_net: str, attributes: dict[str, Any]
) -> None:
    assert error_of(await subnet(admin, bare_net, **attributes)) == (400, "InvalidInput")


async def test_change_and_delete(admin: AsgiClient, bare_net: str) -> None:
    made = (await subnet(admin, bare_net)).json["subnet"]
    url = f"{URL}/{made['id']}"
    route = {"destination": "10.9.0.0/16", "nexthop": "10.1.0.9"}
    changes = {"dns_nameservers": ["9.9.9.9"], "host_routes": [route], "name": "x"}
    changed = (await admin.put(url, {"subnet": changes})).json["subnet"]
    assert {key: changed[key] for key in changes} == changes
    assert (await admin.get(url)).json["subnet"] == changed
    port = await admin.post("/network/v2.0/ports", {"port": {"network_id": bare_net}})
    assert error_of(await admin.delete(url)) == (409, "SubnetInUse")
    await admin.delete(f"/network/v2.0/ports/{port.json['port']['id']}")
    assert (await admin.delete(url)).status == 204
    assert error_of(await admin.get(url)) == (404, "SubnetNotFound")


async def test_others_neither_see_nor_extend_a_network(red: AsgiClient, bare_net: str) -> None:
    assert error_of(await subnet(red, bare_net)) == (404, "NetworkNotFound")
    assert (await red.get(URL)).json["subnets"] == []
