"""Flavors, key pairs, hypervisors and the small resources."""

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from tests.api.compute.api_cloud import an_api_cloud
from tests.simulated.baremetal import a_node

V21 = "/compute/v2.1"
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me"


@pytest.fixture
async def api(tmp_path):
    nodes = (a_node("node-1"), a_node("node-2", maintenance=True, power_state=None))
    async with an_api_cloud(tmp_path, *nodes) as made:
        yield made


async def new_flavor(api, **fields):
    values = {"name": "silver", "ram": 2048, "vcpus": 2, "disk": 20}
    return await api.root.post(f"{V21}/flavors", {"flavor": values | fields})


async def test_flavors_are_made_by_administrators(api):
    made = await new_flavor(api, id="s1")
    assert made.status == 200
    assert made.json["flavor"]["id"] == "s1"
    shown = (await api.ann.get(f"{V21}/flavors/s1")).json["flavor"]
    assert (shown["ram"], shown["vcpus"], shown["disk"], shown["swap"]) == (2048, 2, 20, 0)
    assert (await new_flavor(api, id="s2")).status == 409
    assert (await new_flavor(api, id="s1", name="other")).status == 409
    assert (await new_flavor(api, name="x", ram="many")).status == 400
    refused = await api.ann.post(f"{V21}/flavors", {"flavor": {}})
    assert refused.status == 403
    assert (await api.root.delete(f"{V21}/flavors/s1")).status == 202
    assert (await api.ann.get(f"{V21}/flavors/s1")).status == 404


async def test_flavors_without_an_id_get_one(api):
    for ident in ("auto", None):
        made = await new_flavor(api, id=ident, name=f"flavor-{ident}")
        assert len(made.json["flavor"]["id"]) == 36


async def test_extra_specs(api):
    await new_flavor(api, id="s1")
    specs = f"{V21}/flavors/s1/os-extra_specs"
    added = {"resources:CUSTOM_SILVER": "1", "capabilities:boot_mode": "uefi"}
    assert (await api.root.post(specs, {"extra_specs": added})).json == {"extra_specs": added}
    assert (await api.root.put(f"{specs}/trait:X", {"trait:X": "required"})).status == 200
    shown = (await api.ann.get(f"{V21}/flavors/s1")).json["flavor"]["extra_specs"]
    assert shown == added | {"trait:X": "required"}
    assert (await api.root.delete(f"{specs}/trait:X")).status == 200
    assert (await api.ann.get(f"{specs}/trait:X")).status == 404
    assert (await api.ann.get(specs)).json["extra_specs"] == added
    assert (await api.root.put(f"{specs}/a", {"b": "1"})).status == 400
    assert (await api.ann.post(specs, {"extra_specs": added})).status == 403


async def test_private_flavors_are_hidden(api):
    await new_flavor(api, id="s1", **{"os-flavor-access:is_public": False})
    assert (await api.ann.get(f"{V21}/flavors/s1")).status == 404

    async def names(client, query=""):
        answer = await client.get(f"{V21}/flavors/detail?{query}")
        return [flavor["name"] for flavor in answer.json["flavors"]]

    assert await names(api.ann, "is_public=None") == ["gold"]
    assert await names(api.root) == ["gold"]
    assert await names(api.root, "is_public=None") == ["gold", "silver"]
    assert await names(api.root, "is_public=None&limit=1") == ["gold"]
    assert await names(api.root, "is_public=None&marker=1") == ["silver"]
    assert await names(api.root, "is_public=None&minRam=2000") == ["silver"]


async def test_key_pairs_are_imported(api):
    body = {"keypair": {"name": "me", "public_key": PUBLIC, "type": "ssh"}}
    made = await api.ann.post(f"{V21}/os-keypairs", body)
    assert made.status == 201
    assert made.json["keypair"]["fingerprint"] == made.json["keypair"]["fingerprint"].lower()
    assert len(made.json["keypair"]["fingerprint"].split(":")) == 16
    assert "private_key" not in made.json["keypair"]
    assert (await api.ann.post(f"{V21}/os-keypairs", body)).status == 409
    (listed,) = (await api.ann.get(f"{V21}/os-keypairs")).json["keypairs"]
    assert listed["keypair"]["public_key"] == PUBLIC
    assert (await api.bob.get(f"{V21}/os-keypairs")).json == {"keypairs": []}
    assert (await api.bob.get(f"{V21}/os-keypairs?user_id=ann")).status == 403
    assert len((await api.root.get(f"{V21}/os-keypairs?user_id=ann")).json["keypairs"]) == 1
    assert (await api.ann.get(f"{V21}/os-keypairs/me")).json["keypair"]["user_id"] == "ann"
    assert (await api.ann.delete(f"{V21}/os-keypairs/me")).status == 204
    assert (await api.ann.get(f"{V21}/os-keypairs/me")).status == 404
    assert (await api.ann.delete(f"{V21}/os-keypairs/me")).status == 404


async def test_key_pairs_are_made_below_2_92_and_the_private_half_is_handed_out_once(api):
    body = {"keypair": {"name": "me"}}
    refused = await api.ann.post(f"{V21}/os-keypairs", body)
    assert refused.status == 400
    made = await api.ann.post(f"{V21}/os-keypairs", body, OpenStack_API_Version="compute 2.60")
    key = load_ssh_private_key(made.json["keypair"]["private_key"].encode(), None)
    public = made.json["keypair"]["public_key"]
    assert public.startswith("ssh-ed25519 ")
    assert key.public_key().public_bytes_raw() in __import__("base64").b64decode(public.split()[1])
    shown = (await api.ann.get(f"{V21}/os-keypairs/me")).json["keypair"]
    assert "private_key" not in shown


@pytest.mark.parametrize("key", ["ssh-ed25519", "rubbish", "ssh-rsa AAAA", "ssh-ed25519 é"])
async def test_what_is_no_key_is_refused(api, key):
    body = {"keypair": {"name": "me", "public_key": key}}
    answer = await api.ann.post(f"{V21}/os-keypairs", body)
    assert answer.status == 400
    assert "public key" in answer.json["badRequest"]["message"]


async def test_hypervisors_are_the_nodes(api):
    listed = (await api.root.get(f"{V21}/os-hypervisors/detail")).json["hypervisors"]
    states = {h["hypervisor_hostname"]: (h["state"], h["status"]) for h in listed}
    assert sorted(states.values()) == [("down", "disabled"), ("up", "enabled")]
    ident = listed[0]["id"]
    assert (await api.root.get(f"{V21}/os-hypervisors/{ident}")).status == 200
    assert (await api.root.get(f"{V21}/os-hypervisors/nope")).status == 404
    assert (await api.ann.get(f"{V21}/os-hypervisors")).status == 403
    old = await api.root.get(
        f"{V21}/os-hypervisors/statistics", OpenStack_API_Version="compute 2.50"
    )
    assert old.json["hypervisor_statistics"]["count"] == 2


async def test_the_small_resources(api):
    zones = (await api.ann.get(f"{V21}/os-availability-zone")).json["availabilityZoneInfo"]
    assert [zone["zoneName"] for zone in zones] == ["nova"]
    services = (await api.root.get(f"{V21}/os-services")).json["services"]
    assert {s["binary"] for s in services} == {"nova-compute", "nova-scheduler"}
    absolute = (await api.ann.get(f"{V21}/limits")).json["limits"]["absolute"]
    assert absolute["totalInstancesUsed"] == 0
    assert len((await api.ann.get(f"{V21}/extensions")).json["extensions"]) == 10


@pytest.mark.parametrize(
    "fields",
    [
        *({"id": "a/b"}, {"id": "a\x00"}, {"id": "x" * 256}, {"name": "a\x00b"}),
        *({"description": "\x00"}, {"description": "x" * 65536}, {"rxtx_factor": "many"}),
    ],
)
async def test_flavors_hold_nothing_that_cannot_be_asked_for_again(api, fields):
    assert (await new_flavor(api, **fields)).status == 400


async def test_extra_specs_are_short_words_and_numbers(api):
    await new_flavor(api, id="s1")
    url = f"{V21}/flavors/s1/os-extra_specs"
    for value in (None, [], {"a": 1}, "a\x00b", "x" * 256):
        assert (await api.root.put(f"{url}/key", {"key": value})).status == 400
        assert (await api.root.post(url, {"extra_specs": {"key": value}})).status == 400
    assert (await api.root.put(f"{url}/key", {"key": 7})).json == {"key": "7"}
