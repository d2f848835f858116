"""Users, projects, roles and assignments over the API."""

import pytest
from tests.api.identity.cloud import a_cloud

V3 = "/identity/v3"


@pytest.fixture
async def cloud(tmp_path):
    async with a_cloud(tmp_path) as made:
        await made.as_admin()
        yield made


async def make(cloud, noun, **values):
    answer = await cloud.client.post(f"{V3}/{noun}s", {noun: values})
    assert answer.status == 201, answer.content
    return answer.json[noun]


async def role_id(cloud, name):
    return (await cloud.client.get(f"{V3}/roles?name={name}")).json["roles"][0]["id"]


async def test_version_documents(cloud):
    versions = await cloud.client.get("/identity/")
    assert versions.status == 300
    href = versions.json["versions"]["values"][0]["links"][0]["href"]
    assert href == "http://cloud.test/identity/v3/"
    assert (await cloud.client.get(V3)).json["version"]["id"].startswith("v3.")


async def test_a_member_of_a_project_logs_in_there_and_is_no_admin(cloud):
    project = await make(cloud, "project", name="shop")
    user = await make(cloud, "user", name="ann", password="anns", default_project_id=project["id"])
    member = await role_id(cloud, "member")
    path = f"{V3}/projects/{project['id']}/users/{user['id']}/roles"
    assert (await cloud.client.put(f"{path}/{member}")).status == 204
    assert (await cloud.client.put(f"{path}/{member}")).status == 204
    assert (await cloud.client.request("HEAD", f"{path}/{member}")).status == 204
    secret = await cloud.token(name="ann", password="anns")
    owner = await cloud.identity.validate_token(secret)
    assert owner.project_name == "shop"
    assert owner.roles == {"member", "reader"}
    assert (await cloud.client.get(f"{V3}/users", X_Auth_Token=secret)).status == 403
    assert (await cloud.client.get(f"{V3}/users/{user['id']}", X_Auth_Token=secret)).status == 200
    assert (await cloud.client.delete(f"{path}/{member}")).status == 204
    assert await cloud.identity.validate_token(secret) is None
    assert (await cloud.client.delete(f"{path}/{member}")).status == 404


async def test_an_admin_of_just_some_project_administers_nobody(cloud):
    project = await make(cloud, "project", name="shop")
    user = await make(cloud, "user", name="eve", password="eves", default_project_id=project["id"])
    path = f"{V3}/projects/{project['id']}/users/{user['id']}/roles"
    assert (await cloud.client.put(f"{path}/{await role_id(cloud, 'admin')}")).status == 204
    first = cloud.client.headers["X-Auth-Token"]
    secret = await cloud.token(name="eve", password="eves")
    assert (await cloud.client.get(f"{V3}/users", X_Auth_Token=secret)).status == 403
    mallory = {"user": {"name": "mallory", "password": "long enough"}}
    assert (await cloud.client.post(f"{V3}/users", mallory, X_Auth_Token=secret)).status == 403
    theirs = {"X_Auth_Token": secret, "X_Subject_Token": first}
    assert (await cloud.client.get(f"{V3}/auth/tokens", **theirs)).status == 403
    assert (
        await cloud.client.get(f"{V3}/projects/{project['id']}", X_Auth_Token=secret)
    ).status == 200


async def test_assignments_with_names(cloud):
    listed = await cloud.client.get(f"{V3}/role_assignments?include_names=true")
    wanted = {(a["user"]["name"], a["role"]["name"]) for a in listed.json["role_assignments"]}
    assert wanted == {("admin", "admin")}
    scopes = [set(a["scope"]) for a in listed.json["role_assignments"]]
    assert {"system"} in scopes
    assert {"project"} in scopes


@pytest.mark.parametrize("noun", ["user", "project", "role"])
async def test_names_are_unique(cloud, noun):
    await make(cloud, noun, name="twice")
    again = await cloud.client.post(f"{V3}/{noun}s", {noun: {"name": "twice"}})
    assert again.status == 409
    assert "twice" in again.json["error"]["message"]


@pytest.mark.parametrize("noun", ["user", "project", "role"])
async def test_deleted_things_are_gone(cloud, noun):
    made = await make(cloud, noun, name="short-lived")
    assert (await cloud.client.delete(f"{V3}/{noun}s/{made['id']}")).status == 204
    assert (await cloud.client.get(f"{V3}/{noun}s/{made['id']}")).status == 404
    assert (await cloud.client.delete(f"{V3}/{noun}s/{made['id']}")).status == 404


@pytest.mark.parametrize("change", [{"enabled": False}, {"password": "new"}])
async def test_shutting_out_or_a_new_password_ends_tokens(cloud, change):
    user = await make(cloud, "user", name="eve", password="old")
    secret = await cloud.token(name="eve", password="old")
    assert await cloud.identity.find_grant(secret) is not None
    changed = await cloud.client.patch(f"{V3}/users/{user['id']}", {"user": change})
    assert changed.status == 200
    assert await cloud.identity.find_grant(secret) is None
    assert (await cloud.log_in("eve", "old")).status == 401


async def test_users_change_their_own_password(cloud):
    user = await make(cloud, "user", name="tim", password="old")
    path = f"{V3}/users/{user['id']}/password"
    wrong = {"user": {"original_password": "x", "password": "new"}}
    assert (await cloud.client.post(path, wrong)).status == 401
    right = {"user": {"original_password": "old", "password": "new"}}
    assert (await cloud.client.post(path, right)).status == 204
    assert (await cloud.log_in("tim", "new")).status == 201


async def test_a_user_without_password_cannot_log_in(cloud):
    await make(cloud, "user", name="robot")
    assert (await cloud.log_in("robot", "")).status == 401


async def test_a_disabled_project_opens_nothing(cloud):
    project = await make(cloud, "project", name="closed", enabled=False)
    admin = (await cloud.client.get(f"{V3}/users?name=admin")).json["users"][0]["id"]
    role = await role_id(cloud, "member")
    await cloud.client.put(f"{V3}/projects/{project['id']}/users/{admin}/roles/{role}")
    assert (await cloud.log_in(scope={"project": {"id": project["id"]}})).status == 401


async def test_without_a_token_nothing_opens(cloud):
    del cloud.client.headers["X-Auth-Token"]
    for path in ("users", "projects", "roles", "role_assignments", "domains", "services"):
        assert (await cloud.client.get(f"{V3}/{path}")).status == 401, path


async def test_the_one_domain_and_the_catalogue_as_resources(cloud):
    assert (await cloud.client.get(f"{V3}/domains/default")).json["domain"]["name"] == "Default"
    assert (await cloud.client.get(f"{V3}/domains/other")).status == 404
    services = (await cloud.client.get(f"{V3}/services?type=compute")).json["services"]
    wanted = f"{V3}/endpoints?interface=public&service_id={services[0]['id']}"
    endpoints = (await cloud.client.get(wanted)).json["endpoints"]
    assert [e["url"] for e in endpoints] == ["http://cloud.test/compute/v2.1"]


@pytest.mark.parametrize("name", ["", "a\x00b", "a\nb", "\x1b[31m", "x" * 256])
@pytest.mark.parametrize("noun", ["user", "project", "role"])
async def test_names_that_cannot_be_compared_or_printed_are_refused(cloud, noun, name):
    answer = await cloud.client.post(f"{V3}/{noun}s", {noun: {"name": name}})
    assert answer.status == 400
    assert f"$.{noun}.name" in answer.json["error"]["message"]


async def test_descriptions_have_an_end_and_no_null(cloud):
    for text in ("a\x00b", "x" * 65536):
        body = {"project": {"name": "shop", "description": text}}
        assert (await cloud.client.post(f"{V3}/projects", body)).status == 400
