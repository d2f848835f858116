"""Below a node, what speaks to its hardware: statuses, versions, refusals, and what is kept."""

import asyncio
from datetime import timedelta

import pytest
from tests.api.baremetal.cloud import a_cloud, fault

from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.lease import Span
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store import bios_settings, firmware_components, leases
from bessemer.clock import now

LIGHT = "/v1/nodes/n1/management/indicators/led@chassis"
PASSTHRU = "/v1/nodes/n1/vendor_passthru"
IMAGE = {"device_type": "cdrom", "image_url": "http://images.test/a.iso"}
WITHOUT_HARDWARE = {
    "bios_interface": "no-bios",
    "console_interface": "no-console",
    "management_interface": "noop",
    "raid_interface": "no-raid",
    "vendor_interface": "no-vendor",
}

# method, path below the node, body, microversion it exists since, status
CALLS = [
    ("PUT", "/states/boot_mode", {"target": "uefi"}, 76, 202),
    ("PUT", "/states/secure_boot", {"target": False}, 76, 202),
    ("PUT", "/states/raid", {"logical_disks": [{"size_gb": 10, "raid_level": "1"}]}, 12, 204),
    ("PUT", "/states/console", {"enabled": True}, 1, 202),
    ("GET", "/states/console", None, 1, 200),
    ("PUT", "/management/inject_nmi", {}, 29, 204),
    ("GET", "/management/indicators", None, 63, 200),
    ("GET", "/management/indicators/led@chassis", None, 63, 200),
    ("PUT", "/management/indicators/led@chassis", {"state": "on"}, 63, 204),
    ("PUT", "/management/boot_device", {"boot_device": "disk"}, 1, 204),
    ("GET", "/management/boot_device", None, 1, 200),
    ("GET", "/management/boot_device/supported", None, 1, 200),
    ("GET", "/bios", None, 40, 200),
    ("GET", "/firmware", None, 86, 200),
    ("POST", "/vmedia", IMAGE, 89, 204),
    ("GET", "/vmedia", None, 93, 200),
    ("DELETE", "/vmedia", None, 89, 204),
    ("GET", "/vendor_passthru/methods", None, 1, 200),
    ("GET", "/vendor_passthru/recall", None, 1, 200),
    ("POST", "/vendor_passthru/remember", {"text": "x"}, 1, 202),
    ("PUT", "/vendor_passthru?method=echo", {"a": 1}, 1, 200),
]
AT_THE_BMC = [
    call
    for call in CALLS
    if not call[1].startswith(("/bios", "/firmware", "/vendor_passthru"))
    and call[:2] != ("GET", "/states/console")
    and not call[1].endswith(("/supported", "/raid"))
]


@pytest.mark.parametrize("prefix", ["", "/baremetal"])
async def test_each_answers_with_its_status_from_its_version_on(cloud, prefix):
    await cloud.enrol(name="n1")
    for method, path, body, since, status in CALLS:
        url = f"{prefix}/v1/nodes/n1{path}"
        version = {"X-OpenStack-Ironic-API-Version": f"1.{since}"}
        answer = await cloud.client.request(method, url, body, headers=version)
        await cloud.desk.background.idle()
        assert answer.status == status, (method, path, answer.content)
        assert (answer.content == b"") == (status in {202, 204})
        if since > 1:
            older = {"X-OpenStack-Ironic-API-Version": f"1.{since - 1}"}
            before = await cloud.client.request(method, url, body, headers=older)
            assert before.status == 404, (method, path)


async def test_a_node_that_is_held_answers_409(tmp_path):
    async with a_cloud(tmp_path, node_locked_patience=timedelta(0)) as cloud:
        node = await cloud.enrol(name="n1")
        async with cloud.desk.shelves.database.write() as connection:
            span = Span(now(), timedelta(minutes=1))
            await leases.acquire(connection, node["uuid"], "host-7:x", "erasing", span)
        for method, path, body, _, _ in AT_THE_BMC:
            answer = await cloud.client.request(method, f"/v1/nodes/n1{path}", body)
            assert answer.status == 409, (method, path)
            assert "host-7:x (erasing" in fault(answer)


@pytest.mark.parametrize(("bmc", "status"), [("busy", 503), ("refuses", 500)])
async def test_a_bmc_that_does_not_obey_is_told_of_and_the_node_is_free_again(cloud, bmc, status):
    await cloud.enrol(name="n1", driver_info={"fake_bmc": bmc})
    for method, path, body, _, _ in AT_THE_BMC:
        answer = await cloud.client.request(method, f"/v1/nodes/n1{path}", body)
        assert answer.status == status, (method, path, answer.content)
        assert "fake BMC" in fault(answer)
        assert (await cloud.client.get("/v1/nodes/n1")).json["reservation"] is None


KIND_OF = {
    "/states/boot_mode": "management",
    "/states/secure_boot": "management",
    "/management/i": "management",
    "/vmedia": "management",
    "/states/console": "console",
    "/states/raid": "raid",
}


async def test_what_the_driver_cannot_do_is_refused_with_its_interface(cloud):
    await cloud.enrol(name="n1", **WITHOUT_HARDWARE)
    for method, path, body, _, _ in CALLS:
        for start, kind in KIND_OF.items():
            if path.startswith(start):
                answer = await cloud.client.request(method, f"/v1/nodes/n1{path}", body)
                assert answer.status == 400, (method, path)
                words = fault(answer)
                assert f"{kind} interface '{WITHOUT_HARDWARE[f'{kind}_interface']}'" in words
                assert "does not support" in words


async def test_boot_mode_and_secure_boot_are_kept_in_the_node(cloud):
    node = await cloud.enrol(name="n1")
    for path, target in (("boot_mode", "uefi"), ("secure_boot", True)):
        answer = await cloud.client.put(f"/v1/nodes/n1/states/{path}", {"target": target})
        assert answer.headers["Location"].endswith(f"/v1/nodes/{node['uuid']}/states")
    states = (await cloud.client.get("/v1/nodes/n1/states")).json
    assert (states["boot_mode"], states["secure_boot"]) == ("uefi", True)


@pytest.mark.parametrize("state", [State.DEPLOYING, State.CLEAN_WAIT, State.VERIFYING])
@pytest.mark.parametrize("path", ["boot_mode", "secure_boot"])
async def test_boot_modes_are_not_changed_under_a_worker(cloud, path, state):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], state)
    target = "uefi" if path == "boot_mode" else False
    answer = await cloud.client.put(f"/v1/nodes/n1/states/{path}", {"target": target})
    assert answer.status == 409
    assert state in fault(answer)


async def test_secure_boot_needs_uefi(cloud):
    await cloud.enrol(name="n1")
    answer = await cloud.client.put("/v1/nodes/n1/states/secure_boot", {"target": True})
    assert answer.status == 400
    assert "needs boot mode uefi" in fault(answer)


SENSELESS = [
    ("PUT", "/states/boot_mode", {"target": "efi"}, "Invalid target 'efi'"),
    ("PUT", "/states/boot_mode", {"target": None}, "Invalid target"),
    ("PUT", "/states/boot_mode", {}, "needs target"),
    ("PUT", "/states/boot_mode", {"target": "uefi", "x": 1}, "Unexpected arguments: x"),
    ("PUT", "/states/secure_boot", {"target": "maybe"}, "target must be true or false"),
    ("PUT", "/states/console", {"enabled": None}, "enabled must be true or false"),
    ("PUT", "/states/console", {}, "needs enabled"),
    ("PUT", "/states/raid", {"logical_disks": {}}, "needs logical_disks"),
    ("PUT", "/states/raid", {"logical_disks": [{"size_gb": 1}]}, "needs raid_level"),
    ("PUT", "/states/raid", {"disks": []}, "needs logical_disks"),
    ("PUT", "/management/inject_nmi", {"now": True}, "must be an empty object"),
    ("GET", "/management/indicators/led", None, "<id>@<component>"),
    ("GET", "/management/indicators/led@roof", None, "<id>@<component>"),
    ("PUT", "/management/indicators/led@chassis", {"state": "red"}, "Invalid state"),
    ("PUT", "/management/indicators/led@chassis", {"state": "unknown"}, "cannot be switched"),
    ("PUT", "/management/indicators/supply-1@power", {"state": "off"}, "it can only be read"),
    ("PUT", "/management/boot_device", {"boot_device": "tape"}, "tape"),
    ("PUT", "/management/boot_device", {}, "boot_device"),
    ("GET", "/bios?fields=name,colour", None, "colour"),
    ("GET", "/bios?fields=name&detail=true", None, "Can't fetch a subset"),
    ("POST", "/vmedia", {"device_type": "tape", "image_url": "http://a/b"}, "device_type"),
    ("POST", "/vmedia", {"device_type": "cdrom"}, "needs image_url"),
    ("POST", "/vmedia", IMAGE | {"image_download_source": "swift"}, "is not served"),
    ("POST", "/vmedia", IMAGE | {"image_download_source": "ftp"}, "Invalid image_download"),
    ("DELETE", "/vmedia?device_types=cdrom,tape", None, "device_types"),
    ("DELETE", "/vmedia?device_types=", None, "names no drive"),
    ("POST", "/vendor_passthru/fly", {}, "no vendor method 'fly'"),
    ("DELETE", "/vendor_passthru/recall", None, "does not take HTTP DELETE"),
    ("POST", "/vendor_passthru/remember", {}, "needs text"),
    ("POST", "/vendor_passthru", {}, "Name the vendor method"),
    ("POST", "/vendor_passthru?method=fly", {}, "no vendor method 'fly'"),
]


async def test_what_makes_no_sense_is_refused_in_words(cloud):
    await cloud.enrol(name="n1")
    before = (await cloud.client.get("/v1/nodes/n1")).json
    for method, path, body, words in SENSELESS:
        answer = await cloud.client.request(method, f"/v1/nodes/n1{path}", body)
        assert answer.status == 400, (method, path, body)
        assert words in fault(answer)
        assert (await cloud.client.get("/v1/nodes/n1")).json == before


async def test_an_unknown_node_is_unknown_everywhere(cloud):
    for method, path, body, _, _ in CALLS:
        answer = await cloud.client.request(method, f"/v1/nodes/nobody{path}", body)
        assert answer.status == 404, (method, path)


async def test_the_wished_raid_configuration_is_kept_and_taken_back(cloud):
    await cloud.enrol(name="n1")
    wish = {"logical_disks": [{"size_gb": "MAX", "raid_level": "5", "is_root_volume": True}]}
    for config in (wish, {}):
        assert (await cloud.client.put("/v1/nodes/n1/states/raid", config)).status == 204
        states = (await cloud.client.get("/v1/nodes/n1/states")).json
        assert states["target_raid_config"] == config


async def test_a_console_goes_on_and_off(cloud):
    node = await cloud.enrol(name="n1")
    url = "/v1/nodes/n1/states/console"
    off = {"console_enabled": False, "console_info": None}
    assert (await cloud.client.get(url)).json == off
    for _ in range(2):
        assert (await cloud.client.put(url, {"enabled": True})).status == 202
    info = {"type": "fake", "url": f"fake://console/{node['uuid']}"}
    assert (await cloud.client.get(url)).json == {"console_enabled": True, "console_info": info}
    assert (await cloud.client.get("/v1/nodes/n1")).json["console_enabled"] is True
    assert (await cloud.client.put(url, {"enabled": "false"})).status == 202
    assert (await cloud.client.get(url)).json == off


async def test_indicators_are_listed_read_and_switched(cloud):
    node = await cloud.enrol(name="n1")
    listed = (await cloud.client.get("/v1/nodes/n1/management/indicators")).json["indicators"]
    by_name = {each["name"]: each for each in listed}
    assert set(by_name) == {"led@chassis", "led@system", "supply-1@power"}
    assert by_name["supply-1@power"]["readonly"] is True
    light = by_name["led@chassis"]
    assert light["states"] == ["on", "off", "blinking"]
    assert light["component"] == "chassis"
    path = f"/v1/nodes/{node['uuid']}/management/indicators/led@chassis"
    assert light["links"][0]["href"].endswith(path)
    assert (await cloud.client.get(LIGHT)).json == {"state": "off"}
    assert (await cloud.client.put(LIGHT, {"state": "BLINKING"})).status == 204
    assert (await cloud.client.get(LIGHT)).json == {"state": "blinking"}
    missing = await cloud.client.get(LIGHT.replace("led", "lamp"))
    assert missing.status == 404


async def test_virtual_media_are_put_in_shown_and_taken_out(cloud):
    await cloud.enrol(name="n1")
    url = "/v1/nodes/n1/vmedia"
    assert (await cloud.client.post(url, IMAGE | {"device_type": "CDROM"})).status == 204
    assert (await cloud.client.post(url, IMAGE | {"device_type": "floppy"})).status == 204
    shown = {each["device_type"]: each for each in (await cloud.client.get(url)).json["vmedia"]}
    assert shown["cdrom"] == {**IMAGE, "inserted": True}
    assert shown["disk"] == {"device_type": "disk", "image_url": None, "inserted": False}
    assert (await cloud.client.delete(f"{url}?device_types=floppy,disk")).status == 204
    shown = {each["device_type"]: each for each in (await cloud.client.get(url)).json["vmedia"]}
    assert [shown[each]["inserted"] for each in ("cdrom", "floppy")] == [True, False]
    assert (await cloud.client.delete(url)).status == 204
    assert not any(each["inserted"] for each in (await cloud.client.get(url)).json["vmedia"])


NEVER = [
    "file:///etc/shadow",
    "FILE:///etc/shadow",
    "gopher://images.test/a",
    "ftp://images.test/a",
    "//images.test/a",
    "images.test/a",
    "http://",
    "http:///a",
    "http://images.test:0/a",
    "http://images.test:99999/a",
    "http://user:secret@images.test/a",
    "http://[::1/a",
    "http://[::1]/a",
    "http://[::ffff:127.0.0.1]/a",
    "http://[fe80::1]/a",
    "http://127.0.0.1/a",
    "http://127.1/a",
    "http://0x7f000001/a",
    "http://2130706433/a",
    "http://017700000001/a",
    "http://0/a",
    "http://999.1.1.1/a",
    "http://169.254.169.254/latest/meta-data",
    "http://224.0.0.1/a",
    "http://255.255.255.255/a",
    "http://localhost/a",
    "http://LOCALHOST./a",
    "http://a.localhost/a",
    "http://images.test/a b",
    "http://images.test/a\nb",
    "http://images.test/\u00e9",
    "http://images.test/" + "a" * 3000,
    "",
]


async def test_a_bmc_is_not_sent_just_anywhere(cloud):
    await cloud.enrol(name="n1")
    for url in NEVER:
        body = {"device_type": "cdrom", "image_url": url}
        answer = await cloud.client.post("/v1/nodes/n1/vmedia", body)
        assert answer.status == 400, url
        assert "image_url" in fault(answer), url
        assert "secret" not in fault(answer)
    media = (await cloud.client.get("/v1/nodes/n1/vmedia")).json["vmedia"]
    assert not any(each["inserted"] for each in media)


ELSEWHERE = [
    "http://10.0.0.7/a.iso",
    "https://images.test:8443/a.iso?sig=x",
    "nfs://10.0.0.7/export/a.iso",
    "cifs://files.test/share/a.iso",
    "http://[2001:db8::7]/a.iso",
    "http://7.images.test/a.iso",
]


async def test_images_elsewhere_are_given_to_bmcs(cloud):
    await cloud.enrol(name="n1")
    for url in ELSEWHERE:
        body = {"device_type": "disk", "image_url": url, "image_download_source": "http"}
        answer = await cloud.client.post("/v1/nodes/n1/vmedia", body)
        assert answer.status == 204, (url, answer.content)


REGISTRY = {
    "attribute_type", "allowable_values", "lower_bound", "upper_bound", "min_length", "max_length",
    "read_only", "reset_required", "unique",
}  # fmt: skip
ALWAYS = {"links", "created_at", "updated_at"}


async def bios(cloud, node):
    known = [
        BiosSetting("HyperThreading", "Enabled", "Enumeration", ("Enabled", "Disabled")),
        BiosSetting("AssetTag", "x", "String", max_length=32),
    ]
    async with cloud.desk.shelves.database.write() as connection:
        await bios_settings.replace_all(connection, node["uuid"], known)


async def test_bios_settings_are_shown_as_they_were_read(cloud):
    node = await cloud.enrol(name="n1")
    url = "/v1/nodes/n1/bios"
    assert (await cloud.client.get(url)).json == {"bios": []}
    await bios(cloud, node)
    plain = (await cloud.client.get(url)).json["bios"]
    assert [(each["name"], each["value"]) for each in plain] == [
        ("AssetTag", "x"),
        ("HyperThreading", "Enabled"),
    ]
    assert set(plain[0]) == {"name", "value"} | ALWAYS
    assert plain[0]["links"][0]["href"].endswith(f"/v1/nodes/{node['uuid']}/bios/AssetTag")
    detailed = (await cloud.client.get(f"{url}?detail=true")).json["bios"]
    assert set(detailed[1]) == {"name", "value"} | ALWAYS | REGISTRY
    assert detailed[1]["allowable_values"] == ["Enabled", "Disabled"]
    few = (await cloud.client.get(f"{url}?fields=name,max_length")).json["bios"]
    assert set(few[0]) == {"name", "max_length"} | ALWAYS
    one = (await cloud.client.get(f"{url}/HyperThreading")).json
    assert one == {"HyperThreading": detailed[1]}
    missing = await cloud.client.get(f"{url}/Warp")
    assert missing.status == 404
    assert "Warp" in fault(missing)


async def test_the_registry_of_bios_settings_came_with_1_74(cloud):
    await bios(cloud, await cloud.enrol(name="n1"))
    old = {"X_OpenStack_Ironic_API_Version": "1.73"}
    one = (await cloud.client.get("/v1/nodes/n1/bios/AssetTag", **old)).json
    assert set(one["AssetTag"]) == {"name", "value"} | ALWAYS
    for query in ("detail=true", "fields=name"):
        assert (await cloud.client.get(f"/v1/nodes/n1/bios?{query}", **old)).status == 406


async def test_firmware_components_are_shown_as_they_were_read(cloud):
    node = await cloud.enrol(name="n1")
    known = [FirmwareComponent("bmc", "1.0", "1.1", vendor="Acme"), FirmwareComponent("bios", "3")]
    async with cloud.desk.shelves.database.write() as connection:
        await firmware_components.replace_all(connection, node["uuid"], known)
    shown = (await cloud.client.get("/v1/nodes/n1/firmware")).json["firmware"]
    assert [each["component"] for each in shown] == ["bios", "bmc"]
    assert shown[1]["vendor"] == "Acme"
    old = await cloud.client.get("/v1/nodes/n1/firmware", X_OpenStack_Ironic_API_Version="1.113")
    identity = set(shown[0]) - set(old.json["firmware"][0])
    assert identity == {"vendor", "model", "serial_number"}


async def test_vendor_methods_describe_themselves(cloud):
    await cloud.enrol(name="n1")
    found = (await cloud.client.get(f"{PASSTHRU}/methods")).json
    assert set(found) == {"remember", "recall", "echo"}
    assert found["echo"] == {
        "http_methods": ["POST", "PUT"],
        "async": False,
        "attach": False,
        "description": "Returns its arguments.",
        "require_exclusive_lock": True,
    }


async def test_vendor_methods_run_at_once_or_afterwards(cloud):
    node = await cloud.enrol(name="n1")
    assert (await cloud.client.post(f"{PASSTHRU}/echo", {"a": [1]})).json == {"a": [1]}
    accepted = await cloud.client.post(f"{PASSTHRU}?method=remember", {"text": "hello"})
    assert (accepted.status, accepted.content) == (202, b"")
    await cloud.desk.background.idle()
    assert (await cloud.client.get(f"{PASSTHRU}/recall")).json == {"text": "hello"}
    assert (await cloud.client.get(f"/v1/nodes/{node['uuid']}")).json["last_error"] is None


async def test_a_vendor_method_that_fails_afterwards_leaves_its_words(cloud):
    node = await cloud.enrol(name="n1", driver_info={"fake_bmc": "refuses"})
    answer = await cloud.client.post(f"{PASSTHRU}/remember", {"text": "x"})
    assert answer.status == 202
    shown = await cloud.until(node["uuid"], lambda now: now["last_error"] is not None)
    assert shown["last_error"].startswith("Vendor method remember failed: The fake BMC")


async def test_a_held_node_takes_no_vendor_method_that_needs_it_alone(cloud):
    node = await cloud.enrol(name="n1")
    async with cloud.desk.shelves.database.write() as connection:
        span = Span(now(), timedelta(minutes=1))
        await leases.acquire(connection, node["uuid"], "host-7:x", "erasing", span)
    for method in ("remember", "echo"):
        answer = await cloud.client.post(f"{PASSTHRU}/{method}", {"text": "x"})
        assert answer.status == 409
    assert (await cloud.client.get(f"{PASSTHRU}/recall")).status == 200


async def test_hardware_that_never_answers_does_not_keep_its_caller(tmp_path, monkeypatch):
    async with a_cloud(tmp_path, bmc_request_timeout=0.2) as cloud:
        node = await cloud.enrol(name="n1")
        stored = await cloud.stored(node["uuid"])
        management = cloud.desk.registry.interfaces_of(stored).management

        async def silence(*_args, **_options):
            await asyncio.Event().wait()

        monkeypatch.setattr(management, "inject_nmi", silence)
        async with asyncio.timeout(5):
            answer = await cloud.client.put("/v1/nodes/n1/management/inject_nmi", {})
        assert answer.status == 503
        assert "gave no answer to injecting an NMI within 0.2 s" in fault(answer)
        assert (await cloud.client.get("/v1/nodes/n1")).json["reservation"] is None


async def test_a_node_that_must_stay_on_is_not_switched_off(cloud):
    node = await cloud.enrol(name="n1", disable_power_off=True)
    url = "/v1/nodes/n1/states/power"
    for target in ("power off", "soft power off"):
        answer = await cloud.client.put(url, {"target": target})
        assert answer.status == 409
        assert "disable_power_off" in fault(answer)
    for target in ("power on", "rebooting", "soft rebooting"):
        assert (await cloud.client.put(url, {"target": target, "timeout": 5})).status == 202
        shown = await cloud.until(node["uuid"], lambda now: now["target_power_state"] is None)
        assert (shown["power_state"], shown["last_error"]) == ("power on", None)


@pytest.mark.parametrize("state", [State.CLEANING, State.CLEAN_WAIT])
async def test_power_is_left_to_the_cleaning(cloud, state):
    node = await cloud.enrol(name="n1")
    await cloud.put_in_state(node["uuid"], state)
    answer = await cloud.client.put("/v1/nodes/n1/states/power", {"target": "power on"})
    assert answer.status == 400
    assert state in fault(answer)


async def test_the_timeout_of_a_power_request_is_kept(cloud):
    node = await cloud.enrol(name="n1", driver_info={"fake_power_delay_s": 3600})
    body = {"target": "power on", "timeout": 1}
    assert (await cloud.client.put("/v1/nodes/n1/states/power", body)).status == 202
    shown = await cloud.until(node["uuid"], lambda now: now["last_error"] is not None)
    assert "did not report power on within 1 s" in shown["last_error"]
    old = {"X_OpenStack_Ironic_API_Version": "1.26"}
    for refused in (body, {"target": "soft power off"}):
        answer = await cloud.client.put("/v1/nodes/n1/states/power", refused, **old)
        assert answer.status == 406
