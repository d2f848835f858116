"""`/v3/auth/tokens`: password and token methods, scopes, showing, revoking, expiry."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.api.identity.cloud import TOKENS, a_cloud

from bessemer.identity.store.tables import tokens, users


@pytest.fixture
async def cloud(tmp_path):
    async with a_cloud(tmp_path) as made:
        yield made


async def test_a_password_opens_the_default_project(cloud):
    answer = await cloud.log_in()
    token = answer.json["token"]
    assert answer.status == 201
    assert token["project"]["name"] == "admin"
    assert [role["name"] for role in token["roles"]] == ["admin", "manager", "member", "reader"]
    assert token["methods"] == ["password"]
    urls = {e["url"] for s in token["catalog"] for e in s["endpoints"]}
    assert "http://cloud.test/compute/v2.1" in urls


@pytest.mark.parametrize(
    ("name", "password"), [("admin", "wrong"), ("nobody", "wrong"), ("admin", ""), ("", "")]
)
async def test_wrong_logins_get_the_same_401(cloud, name, password):
    answer = await cloud.log_in(name, password)
    assert answer.status == 401
    assert answer.json["error"]["title"] == "Unauthorized"
    assert answer.json["error"]["message"].startswith("The request you have made")
    assert "X-Subject-Token" not in answer.headers


async def test_an_unscoped_token_has_neither_roles_nor_catalogue_and_opens_nothing(cloud):
    answer = await cloud.log_in(scope="unscoped")
    assert answer.status == 201
    assert not {"roles", "catalog", "project"} & set(answer.json["token"])
    secret = answer.headers["X-Subject-Token"]
    assert await cloud.identity.validate_token(secret) is None
    assert (await cloud.client.get("/identity/v3/users", X_Auth_Token=secret)).status == 401


async def test_a_token_is_exchanged_for_another_scope_without_living_longer(cloud):
    first = await cloud.log_in(scope="unscoped")
    answer = await cloud.authenticate(
        {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}},
        {"project": {"name": "admin", "domain": {"name": "Default"}}},
    )
    assert answer.status == 201
    assert answer.json["token"]["methods"] == ["password", "token"]
    assert answer.json["token"]["expires_at"] == first.json["token"]["expires_at"]


async def test_system_scope(cloud):
    answer = await cloud.log_in(scope={"system": {"all": True}})
    assert answer.json["token"]["system"] == {"all": True}
    owner = await cloud.identity.validate_token(answer.headers["X-Subject-Token"])
    assert owner.system_scope
    assert owner.is_admin


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"id": "unknown"}},
        {"project": {"name": "unknown", "domain": {"id": "default"}}},
        {"project": {"name": "admin", "domain": {"id": "elsewhere"}}},
        {"project": {"id": "system"}},
        {"domain": {"id": "default"}},
    ],
)
async def test_scopes_without_a_role_are_refused(cloud, scope):
    assert (await cloud.log_in(scope=scope)).status == 401


async def test_malformed_logins_are_400(cloud):
    assert (await cloud.client.post(TOKENS, {"auth": {}})).status == 400
    assert (await cloud.authenticate({"methods": ["totp"]})).status == 400
    assert (await cloud.client.post(TOKENS, b"{")).status == 400


async def test_show_check_and_revoke(cloud):
    secret = await cloud.token()
    mine = {"X-Auth-Token": secret, "X-Subject-Token": secret}
    shown = await cloud.client.get(TOKENS, **mine)
    assert shown.status == 200
    assert shown.headers["X-Subject-Token"] == secret
    assert (await cloud.client.request("HEAD", TOKENS, headers=mine)).status == 200
    assert (await cloud.client.delete(TOKENS, **mine)).status == 204
    assert await cloud.identity.validate_token(secret) is None
    assert (await cloud.client.get(TOKENS, **mine)).status == 401


async def test_an_unknown_subject_is_404_and_no_caller_is_401(cloud):
    secret = await cloud.token()
    unknown = await cloud.client.get(TOKENS, X_Auth_Token=secret, X_Subject_Token="x")
    assert unknown.status == 404
    assert (await cloud.client.get(TOKENS, X_Subject_Token=secret)).status == 401


async def test_others_tokens_are_not_for_everybody(cloud):
    client = await cloud.as_admin()
    body = {"user": {"name": "bob", "password": "bobs"}}
    await client.post("/identity/v3/users", body)
    bobs = await cloud.token(name="bob", password="bobs")
    admins = client.headers.pop("X-Auth-Token")
    refused = await client.get(TOKENS, X_Auth_Token=bobs, X_Subject_Token=admins)
    assert refused.status == 403
    allowed = await client.get(TOKENS, X_Auth_Token=admins, X_Subject_Token=bobs)
    assert allowed.status == 200


@pytest.mark.parametrize(("legacy_admin", "status"), [(True, 200), (False, 403)])
async def test_an_admin_of_some_project_sees_others_tokens_if_admins_are_as_of_old(
    tmp_path, legacy_admin, status
):
    async with a_cloud(tmp_path, legacy_admin=legacy_admin) as cloud:
        client = await cloud.as_admin()
        bob = {"user": {"name": "bob", "password": "bobs"}}
        shop = {"project": {"name": "shop"}}
        user = (await client.post("/identity/v3/users", bob)).json["user"]["id"]
        project = (await client.post("/identity/v3/projects", shop)).json["project"]["id"]
        roles = (await client.get("/identity/v3/roles?name=admin")).json["roles"]
        assigned = f"/identity/v3/projects/{project}/users/{user}/roles/{roles[0]['id']}"
        assert (await client.put(assigned)).status == 204
        scope = {"project": {"id": project}}
        bobs = await cloud.token(name="bob", password="bobs", scope=scope)
        admins = client.headers.pop("X-Auth-Token")
        shown = await client.get(TOKENS, X_Auth_Token=bobs, X_Subject_Token=admins)
        assert shown.status == status


async def test_expired_tokens_are_worth_nothing_and_are_swept_out(tmp_path):
    async with a_cloud(tmp_path, lifetime=timedelta(microseconds=1)) as cloud:
        secret = await cloud.token()
        shown = {"X-Auth-Token": secret, "X-Subject-Token": secret}
        answer = await cloud.client.request("GET", "/identity/v3/auth/tokens", headers=shown)
        assert answer.status == 401
        await cloud.token()
        async with cloud.database.read() as connection:
            left = (await connection.execute(select(tokens))).all()
        assert len(left) == 1
        assert secret not in repr(left)


async def test_secrets_are_stored_as_hashes_only(cloud, tmp_path):
    secret = await cloud.token()
    async with cloud.database.read() as connection:
        everything = repr((await connection.execute(select(tokens))).all())
        everything += repr((await connection.execute(select(users))).all())
    assert secret not in everything
    assert cloud.password not in everything
    assert "$argon2id$" in everything


async def test_the_password_file_is_for_its_owner_only_and_written_once(cloud, tmp_path):
    file = tmp_path / "admin-password"
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    await cloud.identity.start()
    assert file.read_text() == before


async def test_catalog_projects_and_system_of_the_caller(cloud):
    client = await cloud.as_admin()
    assert len((await client.get("/identity/v3/auth/catalog")).json["catalog"]) == 6
    projects = (await client.get("/identity/v3/auth/projects")).json["projects"]
    assert [project["name"] for project in projects] == ["admin"]
    assert (await client.get("/identity/v3/auth/system")).json["system"] == [{"all": True}]
    unscoped = await cloud.token(scope="unscoped")
    refused = await client.get("/identity/v3/auth/catalog", X_Auth_Token=unscoped)
    assert refused.status == 403
