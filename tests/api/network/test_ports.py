"""`/network/v2.0/ports`."""

from datetime import timedelta
from typing import Any

import pytest
from tests.api.network.conftest import SWITCH_ID
from tests.api.network.test_networks import create, error_of, vlan
from tests.api.network.test_subnets import subnet
from tests.asgi import Answer, AsgiClient

from bessemer.network.service import EmbeddedNetwork

URL = "/network/v2.0/ports"
SOON = timedelta(seconds=10)


@pytest.fixture
async def blue_net(admin: AsgiClient) -> str:
    made = await create(admin, name="blue", **vlan(100), project_id="blue")
    await subnet(admin, made.json["network"]["id"], cidr="10.1.0.0/29")
    return str(made.json["network"]["id"])


async def port(client: AsgiClient, network_id: str, **attributes: Any) -> Answer:
    body = {key.replace("binding_", "binding:"): value for key, value in attributes.items()}
    return await client.post(URL, {"port": {"network_id": network_id, **body}})


def on(name: str) -> dict[str, Any]:
    return {"local_link_information": [{"switch_id": SWITCH_ID, "port_id": name}]}


async def test_a_port_gets_a_mac_and_an_address_of_every_subnet(
    admin: AsgiClient, blue_net: str
) -> None:
    made = await port(admin, blue_net, name="nic", device_id="server")
    assert made.status == 201
    shown = made.json["port"]
    assert [ip["ip_address"] for ip in shown["fixed_ips"]] == ["10.1.0.2"]
    assert shown["mac_address"].startswith("fa:16:3e:")
    assert (shown["status"], shown["binding:vif_type"]) == ("DOWN", "unbound")
    assert (await admin.get(f"{URL}/{shown['id']}")).json["port"] == shown
    assert (await admin.get(f"{URL}?device_id=server")).json["ports"] == [shown]
    assert (await admin.get(f"{URL}?device_id=other")).json["ports"] == []
    assert (await admin.get(f"{URL}?fixed_ips=ip_address%3D10.1.0.2")).json["ports"] == [shown]
    assert (await admin.get(f"{URL}?fixed_ips=ip_address%3D10.1.0.3")).json["ports"] == []


async def test_a_full_subnet_says_so(admin: AsgiClient, blue_net: str) -> None:
    for _ in range(5):
        assert (await port(admin, blue_net)).status == 201
    refused = await port(admin, blue_net)
    assert error_of(refused) == (409, "IpAddressGenerationFailure")
    listed = (await admin.get(URL)).json["ports"]
    assert len({p["fixed_ips"][0]["ip_address"] for p in listed}) == 5


async def test_asked_for_addresses_and_macs_are_kept_and_unique(
    admin: AsgiClient, blue_net: str
) -> None:
    wish = {"fixed_ips": [{"ip_address": "10.1.0.5"}], "mac_address": "52-54-00-00-00-01"}
    shown = (await port(admin, blue_net, **wish)).json["port"]
    assert shown["mac_address"] == "52:54:00:00:00:01"
    assert shown["fixed_ips"][0]["ip_address"] == "10.1.0.5"
    again = await port(admin, blue_net, fixed_ips=[{"ip_address": "10.1.0.5"}])
    assert error_of(again) == (409, "IpAddressInUse")
    assert error_of(await port(admin, blue_net, mac_address="525400000001")) == (
        409,
        "MacAddressInUse",
    )
    assert (await port(admin, blue_net, fixed_ips=[])).json["port"]["fixed_ips"] == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"mac_address": "01:00:5e:00:00:01"},
        {"mac_address": "nonsense"},
        {"fixed_ips": [{"ip_address": "10.9.0.1"}]},
        {"fixed_ips": [{"ip_address": "not an address"}]},
        {"fixed_ips": [{"subnet_id": "none"}]},
        {"extra_dhcp_opts": [{"opt_name": "67", "opt_value": "x\ndhcp-script=/bin/sh"}]},
        {"extra_dhcp_opts": [{"opt_name": "no-such", "opt_value": "x"}]},
        {"extra_dhcp_opts": [{"opt_value": "x"}]},
        {"binding_vnic_type": "carrier pigeon"},
        {"binding_profile": {"local_link_information": "p1"}},
        {"security_groups": ["some"]},
        {"shape": "round"},
    ],
)
async def test_nonsense_is_refused(
    admin: AsgiClient, blue_net: str, attributes: dict[str, Any]
) -> None:
    assert error_of(await port(admin, blue_net, **attributes)) == (400, "InvalidInput")
    assert (await admin.get(URL)).json["ports"] == []


async def test_binding_puts_the_switch_port_into_the_vlan(
    admin: AsgiClient, blue_net: str, network: EmbeddedNetwork
) -> None:
    made = await port(admin, blue_net, binding_host_id="node", binding_vnic_type="baremetal")
    url = f"{URL}/{made.json['port']['id']}"
    bound = await admin.put(url, {"port": {"binding:profile": on("p1")}})
    assert bound.json["port"]["status"] == "BUILD"
    assert bound.json["port"]["binding:vif_type"] == "other"
    await network.wait_until_active(made.json["port"]["id"], SOON)
    assert (await admin.get(url)).json["port"]["status"] == "ACTIVE"
    driver: Any = network.means.switches["tor"].driver
    assert driver.vlans["p1"] == 100
    unbound = await admin.put(url, {"port": {"binding:profile": {}, "binding:host_id": ""}})
    assert unbound.json["port"]["status"] == "DOWN"
    assert (await admin.delete(url)).status == 204


async def test_a_taken_switch_port_is_refused_naming_the_first(
    admin: AsgiClient, blue_net: str
) -> None:
    first = (await port(admin, blue_net, binding_profile=on("p1"))).json["port"]
    refused = await port(admin, blue_net, binding_profile=on("p1"))
    assert error_of(refused) == (409, "SwitchPortTaken")
    assert first["id"] in refused.json["NeutronError"]["message"]
    assert len((await admin.get(URL)).json["ports"]) == 1


async def test_an_unknown_switch_is_refused_naming_the_known(
    admin: AsgiClient, blue_net: str
) -> None:
    profile = {"local_link_information": [{"switch_id": "02:00:00:00:00:99", "port_id": "p"}]}
    refused = await port(admin, blue_net, binding_profile=profile)
    assert error_of(refused) == (400, "InvalidInput")
    assert SWITCH_ID in refused.json["NeutronError"]["message"]


async def test_a_bound_ports_mac_stays_until_it_is_unbound(
    admin: AsgiClient, blue_net: str
) -> None:
    made = (await port(admin, blue_net, binding_profile=on("p1"))).json["port"]
    url = f"{URL}/{made['id']}"
    refused = await admin.put(url, {"port": {"mac_address": "52:54:00:00:00:01"}})
    assert error_of(refused) == (409, "PortBound")
    both = {"binding:profile": {}, "binding:host_id": "", "mac_address": "52:54:00:00:00:01"}
    changed = (await admin.put(url, {"port": both})).json["port"]
    assert changed["mac_address"] == "52:54:00:00:00:01"
    anew = (await admin.put(url, {"port": {"mac_address": None}})).json["port"]
    assert anew["mac_address"].startswith("fa:16:3e:")


async def test_dhcp_options_merge_by_name_and_null_removes(
    admin: AsgiClient, blue_net: str
) -> None:
    options = [{"opt_name": "67", "opt_value": "a"}, {"opt_name": "tag:ipxe,67", "opt_value": "b"}]
    made = (await port(admin, blue_net, extra_dhcp_opts=options)).json["port"]
    changes = [{"opt_name": "67", "opt_value": None}, {"opt_name": "66", "opt_value": "c"}]
    changed = await admin.put(f"{URL}/{made['id']}", {"port": {"extra_dhcp_opts": changes}})
    assert changed.json["port"]["extra_dhcp_opts"] == [
        {"opt_name": "tag:ipxe,67", "opt_value": "b", "ip_version": 4},
        {"opt_name": "66", "opt_value": "c", "ip_version": 4},
    ]


async def test_projects_keep_to_themselves(
    admin: AsgiClient, blue: AsgiClient, red: AsgiClient, blue_net: str
) -> None:
    made = (await port(blue, blue_net, name="mine")).json["port"]
    assert "binding:profile" not in made
    assert error_of(await red.get(f"{URL}/{made['id']}")) == (404, "PortNotFound")
    assert error_of(await red.delete(f"{URL}/{made['id']}")) == (404, "PortNotFound")
    assert error_of(await port(red, blue_net)) == (404, "NetworkNotFound")
    assert error_of(await port(blue, blue_net, binding_host_id="node")) == (
        403,
        "PolicyNotAuthorized",
    )
    assert len((await admin.get(URL)).json["ports"]) == 1
