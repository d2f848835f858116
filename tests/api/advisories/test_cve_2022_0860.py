"""Cobbler CVE-2022-0860: whoever knew the password got in, also when the account was closed. A right
password, or a token that was good, opens nothing once the user or the project is disabled or gone."""

import pytest
from tests.api.identity.cloud import a_cloud

V3 = "/identity/v3"


async def made(cloud, noun, **values):
    answer = await cloud.client.post(f"{V3}/{noun}s", {noun: values})
    assert answer.status == 201, answer.content
    return answer.json[noun]["id"]


@pytest.mark.parametrize("how", ["disabled", "deleted"])
@pytest.mark.parametrize("noun", ["user", "project"])
async def test_a_closed_account_opens_nothing(tmp_path, noun, how):
    async with a_cloud(tmp_path) as cloud:
        await cloud.as_admin()
        project = await made(cloud, "project", name="shop")
        user = await made(cloud, "user", name="ann", password="anns", default_project_id=project)
        (member,) = (await cloud.client.get(f"{V3}/roles?name=member")).json["roles"]
        path = f"{V3}/projects/{project}/users/{user}/roles/{member['id']}"
        assert (await cloud.client.put(path)).status == 204
        scope = {"project": {"id": project}}
        token = await cloud.token(name="ann", password="anns", scope=scope)
        admin = cloud.client.headers["X-Auth-Token"]
        asked = {"X_Auth_Token": admin, "X_Subject_Token": token}
        assert (await cloud.client.get(f"{V3}/auth/tokens", **asked)).status == 200
        url = f"{V3}/{noun}s/{user if noun == 'user' else project}"
        if how == "disabled":
            assert (await cloud.client.patch(url, {noun: {"enabled": False}})).status == 200
        else:
            assert (await cloud.client.delete(url)).status == 204
        again = await cloud.log_in(name="ann", password="anns", scope=scope)
        assert again.status == 401
        assert (await cloud.client.get(f"{V3}/auth/tokens", **asked)).status == 404
