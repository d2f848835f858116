"""What owners, lessees and strangers see and may change, through the real handlers."""

import pytest
from tests.api.baremetal.cloud import VERSION, fault
from tests.api.security.personas import LESSEE, OWNER, STRANGER

from bessemer.baremetal.domain.provision.states import State

REDACTED = "** Redacted"


async def names(tenancy, persona, query=""):
    answer = await tenancy.by(persona).get(f"/v1/nodes{query}")
    assert answer.status == 200, answer.content
    return {node["name"] for node in answer.json["nodes"]}


@pytest.mark.parametrize("role", ["reader", "member", "manager", "admin"])
async def test_each_project_lists_what_it_owns_or_rents(tenancy, role):
    assert await names(tenancy, f"owner {role}") == {"rented"}
    assert await names(tenancy, f"lessee {role}") == {"rented"}
    assert await names(tenancy, f"stranger {role}") == {"foreign"}
    assert await names(tenancy, "system reader") == {"rented", "foreign", "nobodys"}


@pytest.mark.parametrize(
    "query",
    ["?owner=project-stranger", "?project=project-stranger", "?detail=true&owner=project-stranger"],
)
async def test_no_filter_widens_a_list(tenancy, query):
    assert await names(tenancy, "owner admin", query) == set()


async def test_pages_are_full_although_others_nodes_lie_between(tenancy):
    for n in range(4):
        await tenancy.cloud.enrol(name=f"a{n}", owner=STRANGER if n % 2 else OWNER)
    first = (await tenancy.by("owner reader").get("/v1/nodes?limit=2&sort_key=name")).json
    assert [node["name"] for node in first["nodes"]] == ["a0", "a2"]
    rest = (await tenancy.by("owner reader").get(first["next"].split("cloud.test")[1])).json
    assert [node["name"] for node in rest["nodes"]] == ["rented"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("ports", "ports"),
        ("portgroups", "portgroups"),
        ("volume/connectors", "connectors"),
        ("volume/targets", "targets"),
        ("allocations", "allocations"),
        ("runbooks", "runbooks"),
    ],
)
async def test_other_lists_are_narrowed_too(tenancy, path, key):
    assert len((await tenancy.by("owner reader").get(f"/v1/{path}")).json[key]) == 1
    assert (await tenancy.by("stranger admin").get(f"/v1/{path}")).json[key] == []
    assert len((await tenancy.by("system reader").get(f"/v1/{path}")).json[key]) == 1


async def test_a_list_below_a_hidden_node_is_as_if_there_were_none(tenancy):
    hidden = await tenancy.by("stranger admin").get("/v1/ports?node=rented")
    absent = await tenancy.by("stranger admin").get("/v1/ports?node=absent")
    assert hidden.status == absent.status == 404
    assert fault(hidden).replace("rented", "absent") == fault(absent)


@pytest.mark.parametrize("path", ["/v1/nodes/rented", "/v1/ports/nic", "/v1/portgroups/bond"])
async def test_hidden_things_are_told_of_in_the_words_for_absent_ones(tenancy, path):
    absent = path.rpartition("/")[0] + "/absent"
    api = tenancy.by("stranger admin")
    hidden, missing = await api.get(path), await api.get(absent)
    assert hidden.status == missing.status == 404
    assert fault(hidden).replace(path.rpartition("/")[2], "absent") == fault(missing)


async def test_a_lessee_does_not_read_of_the_deployments_inside(tenancy):
    await tenancy.cloud.put_in_state(
        tenancy.node,
        State.ACTIVE,
        last_error="bmc-7.inside.example refuses",
        driver_info={"ipmi_address": "10.9.8.7"},
        driver_internal_info={"agent_url": "https://10.9.8.6"},
    )
    for url in ("/v1/nodes/rented", "/v1/nodes/detail", "/v1/nodes/rented/states"):
        for persona in ("lessee reader", "lessee admin"):
            answer = await tenancy.by(persona).get(url)
            assert answer.status == 200
            assert b"inside.example" not in answer.content
            assert b"10.9.8" not in answer.content
            assert REDACTED.encode() in answer.content
    for persona in ("owner reader", "system reader"):
        shown = (await tenancy.by(persona).get("/v1/nodes/rented")).json
        assert shown["last_error"].startswith("bmc-7")
        assert shown["driver_info"] == {"ipmi_address": "10.9.8.7"}


async def test_an_answer_to_a_write_is_redacted_like_one_to_a_read(tenancy):
    await tenancy.cloud.put_in_state(tenancy.node, State.ACTIVE, last_error="inside.example")
    answer = await tenancy.patch("lessee member", "/v1/nodes/rented", ("/extra/a", 1))
    assert answer.status == 200
    assert answer.json["last_error"].startswith(REDACTED)


FIELDS = {
    # field: (value, who may set it: system member, owner member, owner manager, lessee manager)
    "/extra/a": (1, "1111"),
    "/description": ("x", "1111"),
    "/instance_info/a": ("x", "1111"),
    "/name": ("other", "1110"),
    "/driver_info/a": ("x", "1110"),
    "/properties/a": ("x", "1110"),
    "/lessee": (STRANGER, "1110"),
    "/retired": (True, "1110"),
    "/maintenance": (True, "1111"),
    "/power_interface": ("fake", "1010"),
    "/driver": ("fake-hardware", "1010"),
    "/owner": (STRANGER, "1000"),
    "/conductor_group": ("g", "1000"),
    "/automated_clean": (False, "0000"),
    "/shard": ("s", "0000"),
    "/chassis_uuid": (None, "0000"),
    "/disable_power_off": (True, "0000"),
    "/instance_name": ("web-1", "1111"),
}
WHO = ("system member", "owner member", "owner manager", "lessee manager")


@pytest.mark.parametrize("field", FIELDS)
async def test_fields_have_rules_of_their_own(tenancy, field):
    value, expected = FIELDS[field]
    for persona, may in zip(WHO, expected, strict=True):
        before = await tenancy.cloud.stored(tenancy.node)
        answer = await tenancy.patch(persona, f"/v1/nodes/{tenancy.node}", (field, value))
        assert answer.status == (200 if may == "1" else 403), (persona, answer.content)
        if may == "0":
            assert field.split("/")[1] in fault(answer)
            assert await tenancy.cloud.stored(tenancy.node) == before
        undo = [("/owner", OWNER), ("/lessee", LESSEE), ("/name", "rented")]
        assert (
            await tenancy.patch("system admin", f"/v1/nodes/{tenancy.node}", *undo)
        ).status == 200


async def test_one_forbidden_field_among_many_forbids_all(tenancy):
    changes = [("/extra/a", 1), ("/owner", STRANGER), ("/extra/b", 2)]
    assert (await tenancy.patch("owner admin", "/v1/nodes/rented", *changes)).status == 403
    assert (await tenancy.cloud.stored(tenancy.node)).extra == {}


@pytest.mark.parametrize("value", [False, "false", "0", "no", "off", 0])
async def test_cleaning_is_switched_off_by_the_system_only(tenancy, value):
    change = ("/automated_clean", value)
    assert (await tenancy.patch("owner admin", "/v1/nodes/rented", change)).status == 403


async def test_an_active_node_changes_hands_by_an_administrator_only(tenancy):
    await tenancy.cloud.put_in_state(tenancy.node, State.ACTIVE)
    change = ("/owner", STRANGER)
    refused = await tenancy.patch("system member", "/v1/nodes/rented", change)
    assert refused.status == 409
    assert "update_owner_provisioned" in fault(refused)
    assert (await tenancy.patch("owner admin", "/v1/nodes/rented", change)).status == 403
    assert (await tenancy.patch("system admin", "/v1/nodes/rented", change)).status == 200


@pytest.mark.parametrize(("renter", "status"), [(STRANGER, 409), (None, 200)])
async def test_a_node_that_serves_a_projects_allocation_keeps_its_owner(tenancy, renter, status):
    node = tenancy.foreign
    await tenancy.cloud.put_in_state(node, State.ACTIVE, resource_class="r")
    body = {"node": node, "resource_class": "r", "owner": renter}
    made = (await tenancy.by("system admin").post("/v1/allocations", body)).json
    await tenancy.cloud.until(node, lambda shown: shown["allocation_uuid"] == made["uuid"])
    answer = await tenancy.patch("system admin", "/v1/nodes/foreign", ("/owner", OWNER))
    assert answer.status == status
    if status == 409:
        assert f"allocation delete {made['uuid']}" in fault(answer)
    other = await tenancy.patch("system admin", "/v1/nodes/foreign", ("/lessee", LESSEE))
    assert other.status == 200


async def test_a_lessees_member_does_not_name_the_instance(tenancy):
    change = ("/instance_name", "web-1")
    refused = await tenancy.patch("lessee member", "/v1/nodes/rented", change)
    assert refused.status == 403
    assert "update_instance_info" in fault(refused)


async def test_a_projects_administrator_enrols_for_the_project(tenancy):
    api = tenancy.by("stranger admin")
    body = {"driver": "fake-hardware", "name": "mine"}
    made = await api.post("/v1/nodes", body)
    assert made.status == 201
    assert made.json["owner"] == STRANGER
    assert (await api.delete("/v1/nodes/mine")).status == 204
    assert (await api.post("/v1/nodes", {**body, "owner": STRANGER})).status == 201


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"owner": OWNER}, "owner"),
        ({"owner": None}, "owner"),
        ({"conductor_group": "g"}, "conductor_group"),
        ({"automated_clean": False}, "automated_clean"),
        ({"shard": "s"}, "shard"),
        ({"disable_power_off": True}, "disable_power_off"),
    ],
)
async def test_but_not_for_others_nor_with_what_is_the_systems(tenancy, extra, words):
    body = {"driver": "fake-hardware", "name": "mine", **extra}
    answer = await tenancy.by("stranger admin").post("/v1/nodes", body)
    assert answer.status == 403
    assert words in fault(answer)


async def test_and_not_below_the_version_that_signals_it(tenancy):
    headers = {VERSION: "1.79"}
    body = {"driver": "fake-hardware"}
    answer = await tenancy.by("stranger admin").request("POST", "/v1/nodes", body, headers=headers)
    assert answer.status == 406
    member = await tenancy.by("stranger member").post("/v1/nodes", body)
    assert member.status == 403


async def test_a_name_that_ends_in_json_is_found_by_old_and_new_clients(tenancy):
    await tenancy.cloud.enrol(name="x.json", owner=OWNER)
    api = tenancy.by("owner reader")
    for version, path, expected in (
        ("1.90", "nodes/x.json", 200),
        ("1.90", "nodes/rented.json", 200),
        ("1.90", "nodes.json", 200),
        ("1.90", "nodes/rented/states.json", 200),
        ("1.91", "nodes/x.json", 200),
        ("1.91", "nodes/rented.json", 404),
        ("1.91", "nodes.json", 404),
    ):
        answer = await api.request("GET", f"/v1/{path}", headers={VERSION: version})
        assert answer.status == expected, (version, path)
    strange = tenancy.by("stranger admin")
    answer = await strange.request("GET", "/v1/nodes/rented.json", headers={VERSION: "1.90"})
    assert answer.status == 404


async def test_a_lessee_sees_no_target_properties_but_as_administrator(tenancy):
    url = f"/v1/volume/targets/{tenancy.things['/volume/targets']}"
    for persona in ("lessee reader", "owner member", "lessee admin", "system admin"):
        answer = await tenancy.by(persona).get(url)
        assert answer.status == 200
        assert b"hunter2" not in answer.content
        assert (b"iqn.x" in answer.content) is persona.endswith("admin")
