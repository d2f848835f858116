"""A ready clouds.yaml, so that the `openstack` client finds this cloud."""

import yaml

CLOUD_NAME = "bessemer"


def clouds_yaml(base_url: str, password: str) -> str:
    """The file's text for the first administrator. Pure: give it mode 0600 where you write it."""
    cloud = {
        "auth": {
            "auth_url": f"{base_url.rstrip('/')}/identity/v3",
            "username": "admin",
            "password": password,
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": "RegionOne",
        "identity_api_version": "3",
    }
    return yaml.safe_dump({"clouds": {CLOUD_NAME: cloud}}, sort_keys=False)
