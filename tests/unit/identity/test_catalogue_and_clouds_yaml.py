"""The catalogue follows the client's base URL; clouds.yaml leads to it."""

import yaml

from bessemer.identity.domain.catalogue import catalogue
from bessemer.identity.domain.clouds_yaml import clouds_yaml
from bessemer.identity.domain.people import with_implied


def public_urls(project_id: str | None) -> dict[str, str]:
    return {
        entry["type"]: endpoint["url"]
        for entry in catalogue("http://cloud:1", "RegionOne", project_id)
        for endpoint in entry["endpoints"]
        if endpoint["interface"] == "public"
    }


def test_every_service_is_found_below_the_base_url():
    assert public_urls("p1") == {
        "baremetal": "http://cloud:1/",
        "compute": "http://cloud:1/compute/v2.1",
        "identity": "http://cloud:1/identity/v3",
        "image": "http://cloud:1/image",
        "network": "http://cloud:1/network",
        "object-store": "http://cloud:1/object-store/v1/AUTH_p1",
    }


def test_a_catalogue_without_project_leaves_out_what_needs_one():
    assert "object-store" not in public_urls(None)


def test_ids_are_the_same_every_time():
    assert catalogue("http://a", "R", "p") == catalogue("http://a", "R", "p")


def test_clouds_yaml_is_ready_for_the_openstack_client():
    cloud = yaml.safe_load(clouds_yaml("http://cloud:1/", "se: cret"))["clouds"]["bessemer"]
    assert cloud["auth"]["auth_url"] == "http://cloud:1/identity/v3"
    assert cloud["auth"]["password"] == "se: cret"
    assert cloud["auth"]["project_name"] == "admin"


def test_each_role_implies_the_lesser_ones():
    assert with_implied(frozenset({"admin"})) == {"admin", "manager", "member", "reader"}
    assert with_implied(frozenset({"manager"})) == {"manager", "member", "reader"}
    assert with_implied(frozenset({"service"})) == {"service"}
