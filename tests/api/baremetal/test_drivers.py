"""Drivers: which hardware living conductors serve, with what, and the drivers' own methods."""

import pytest
from tests.api.baremetal.cloud import fault

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.interfaces.registry import Offer
from bessemer.baremetal.store import conductor_interfaces, conductors

DRIVER = "/v1/drivers/fake-hardware"


async def register(cloud, hostname, drivers, offers):
    async with cloud.service.desk.shelves.database.write() as connection:
        await conductors.register(connection, hostname, "", drivers, "1")
        await conductor_interfaces.register(connection, hostname, offers)


async def test_a_driver_shows_every_kind_of_interface(cloud):
    shown = (await cloud.client.get(DRIVER)).json
    for kind in InterfaceKind:
        assert shown[f"default_{kind}_interface"] in shown[f"enabled_{kind}_interfaces"]
    assert shown["enabled_raid_interfaces"] == ["fake", "no-raid"]
    assert shown["properties"][0]["href"].endswith(f"{DRIVER}/properties")


@pytest.mark.parametrize(
    ("minor", "hidden"),
    [
        (13, ["properties", "type"]),
        (29, ["type", "enabled_boot_interfaces"]),
        (32, ["enabled_storage_interfaces"]),
        (37, ["enabled_rescue_interfaces"]),
        (39, ["enabled_bios_interfaces", "default_bios_interface"]),
        (85, ["enabled_firmware_interfaces"]),
    ],
)
async def test_a_driver_hides_what_came_later(cloud, minor, hidden):
    answers = [
        (await cloud.client.get(DRIVER, X_OpenStack_Ironic_API_Version=f"1.{each}")).json
        for each in (minor, minor + 1)
    ]
    assert not {*hidden} & {*answers[0]}
    assert {*answers[1]} > {*answers[0]}


async def test_drivers_are_what_living_conductors_registered(cloud):
    offers = [
        Offer("lathe", "power", "steam", 0, True),
        Offer("lathe", "power", "hand", 1, False),
        Offer("lathe", "bios", "no-bios", 0, True),
    ]
    await register(cloud, "host-2", ["lathe"], offers)
    shown = (await cloud.client.get("/v1/drivers/lathe")).json
    assert shown["hosts"] == ["host-2"]
    assert shown["enabled_power_interfaces"] == ["steam", "hand"]
    assert shown["default_power_interface"] == "steam"
    assert (await cloud.client.get("/v1/drivers/lathe/properties")).status == 503
    async with cloud.service.desk.shelves.database.write() as connection:
        await conductors.leave(connection, "host-2", "1")
    assert (await cloud.client.get("/v1/drivers/lathe")).status == 404


async def test_a_conductor_that_starts_anew_replaces_what_it_served(cloud):
    await register(cloud, "host-2", ["lathe"], [Offer("lathe", "power", "steam", 0, True)])
    await register(cloud, "host-2", ["lathe"], [Offer("lathe", "power", "water", 0, True)])
    shown = (await cloud.client.get("/v1/drivers/lathe")).json
    assert shown["enabled_power_interfaces"] == ["water"]


async def test_properties_say_what_a_node_may_need(cloud):
    found = (await cloud.client.get(f"{DRIVER}/properties")).json
    assert {"fake_bmc", "fake_fail_step", "fake_properties"} <= set(found)
    assert all(isinstance(words, str) and words for words in found.values())


async def test_logical_disks_are_described(cloud):
    path = f"{DRIVER}/raid/logical_disk_properties"
    found = (await cloud.client.get(path)).json
    assert {"size_gb", "raid_level", "is_root_volume", "physical_disks"} <= set(found)
    old = await cloud.client.get(path, X_OpenStack_Ironic_API_Version="1.11")
    assert old.status == 404


@pytest.mark.parametrize(
    "path", ["properties", "raid/logical_disk_properties", "vendor_passthru/methods"]
)
async def test_a_driver_that_nobody_serves_is_not_found(cloud, path):
    answer = await cloud.client.get(f"/v1/drivers/none/{path}")
    assert answer.status == 404
    assert "No conductor alive serves the driver 'none'" in fault(answer)


async def test_vendor_methods_of_a_driver_are_listed(cloud):
    found = (await cloud.client.get(f"{DRIVER}/vendor_passthru/methods")).json
    assert found["ping"] == {
        "http_methods": ["GET"],
        "async": False,
        "require_exclusive_lock": True,
        "description": "Sees that the driver is there.",
        "attach": False,
    }


@pytest.mark.parametrize("path", ["vendor_passthru/ping", "vendor_passthru?method=ping"])
async def test_vendor_methods_of_a_driver_answer_at_once(cloud, path):
    answer = await cloud.client.get(f"{DRIVER}/{path}")
    assert (answer.status, answer.json) == (200, {"pong": True})


async def test_a_vendor_method_may_go_on_after_its_answer(cloud):
    answer = await cloud.client.post(f"{DRIVER}/vendor_passthru/note", {"text": "hello"})
    assert (answer.status, answer.content) == (202, b"")


@pytest.mark.parametrize(
    ("verb", "path", "body", "words"),
    [
        ("GET", "vendor_passthru/none", None, "There is no vendor method 'none' here"),
        ("GET", "vendor_passthru", None, "Name the vendor method"),
        ("POST", "vendor_passthru/ping", {}, "does not take HTTP POST; possible: GET"),
        ("GET", "vendor_passthru/ping?x=1", None, "takes no arguments"),
        ("POST", "vendor_passthru/note", {}, "needs text"),
        ("POST", "vendor_passthru/note", b"{", "not valid JSON"),
        ("POST", "vendor_passthru/note", [], "does not fit"),
    ],
)
async def test_a_wrong_call_of_a_vendor_method_is_refused(cloud, verb, path, body, words):
    answer = await cloud.client.request(verb, f"{DRIVER}/{path}", body)
    assert answer.status == 400
    assert words in fault(answer)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort_key=hostname", ["a", "b", "host-1"]),
        ("sort_key=hostname&sort_dir=desc", ["host-1", "b", "a"]),
        ("sort_key=created_at", ["host-1", "b", "a"]),
    ],
)
async def test_conductors_are_sorted(cloud, query, expected):
    for name in ("b", "a"):
        await register(cloud, name, ["fake-hardware"], [])
    shown = (await cloud.client.get(f"/v1/conductors?{query}")).json["conductors"]
    assert [each["hostname"] for each in shown] == expected
    refused = await cloud.client.get("/v1/conductors?sort_key=alive")
    assert refused.status == 400
