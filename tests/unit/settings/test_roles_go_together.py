"""A process with some of the roles must reach those of the others."""

import pytest

from bessemer.errors import ConfigurationError
from bessemer.roles import Role
from bessemer.settings import load_settings

BUS = {"url": "amqp://bessemer:hunter2@mq.test/"}


def with_roles(*roles: str, **more: object):
    return load_settings(flags={"server": {"roles": roles}, **more})


def test_one_process_with_every_role_needs_no_bus():
    assert set(load_settings(flags={}).server.roles) == set(Role)


@pytest.mark.parametrize("roles", [["api"], ["conductor"], [r for r in Role if r != "compute"]])
def test_without_a_bus_no_role_can_be_left_to_others(roles):
    with pytest.raises(ConfigurationError, match=r"server\.roles leaves .* Set bus\.url"):
        with_roles(*roles)
    assert with_roles(*roles, bus=BUS).server.roles == tuple(roles)


@pytest.mark.parametrize("role", ["network", "image"])
def test_machines_boot_and_fetch_images_at_the_same_address(role):
    with pytest.raises(ConfigurationError, match="network and image together"):
        with_roles(role, bus=BUS)


def test_a_role_that_there_is_not():
    with pytest.raises(ConfigurationError, match=r"server\.roles.*'conductor'"):
        with_roles("conducter", bus=BUS)


def test_the_password_of_the_bus_is_not_shown():
    assert "hunter2" not in repr(with_roles("api", bus=BUS))
