"""The real `openstack` client with our clouds.yaml."""

import pytest
from tests.api.identity.cloud import a_cloud
from tests.live_server import OpenStackFailed, openstack, serving

from bessemer.identity.api.service import identity_api
from bessemer.identity.domain.clouds_yaml import clouds_yaml
from bessemer.web.authentication import by_token, noauth
from bessemer.web.dispatch import application


@pytest.fixture
async def config(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        app = application([identity_api(cloud.identity)], by_token(cloud.identity.validate_token))
        async with serving(app) as base_url:
            file = tmp_path / "clouds.yaml"
            file.write_text(clouds_yaml(base_url, cloud.password))
            yield file


async def test_token_issue_and_catalog_list(config):
    token = await openstack(config, "token", "issue", "-f", "json")
    assert token["id"]
    assert token["project_id"]
    catalog = await openstack(config, "catalog", "list", "-f", "json")
    assert {service["Type"] for service in catalog} == {
        "baremetal",
        "compute",
        "identity",
        "image",
        "network",
        "object-store",
    }


async def test_users_projects_and_roles(config):
    await openstack(config, "project", "create", "shop", "-f", "json")
    await openstack(config, "user", "create", "ann", "--password", "anns", "-f", "json")
    await openstack(config, "role", "add", "--user", "ann", "--project", "shop", "member")
    shown = await openstack(
        config, "role", "assignment", "list", "--user", "ann", "--names", "-f", "json"
    )
    assert [(row["Role"], row["Project"]) for row in shown] == [("member", "shop@Default")]
    users = await openstack(config, "user", "list", "-f", "json")
    assert {user["Name"] for user in users} == {"admin", "ann"}


async def test_a_wrong_password_is_refused(config):
    with pytest.raises(OpenStackFailed, match="401"):
        await openstack(config, "--os-password", "wrong", "token", "issue")


async def test_tokens_are_issued_under_noauth_too(tmp_path):
    async with a_cloud(tmp_path) as cloud:
        app = application([identity_api(cloud.identity)], noauth())
        async with serving(app) as base_url:
            file = tmp_path / "clouds.yaml"
            file.write_text(clouds_yaml(base_url, cloud.password))
            users = await openstack(file, "user", "list", "-f", "json")
    assert [user["Name"] for user in users] == ["admin"]
