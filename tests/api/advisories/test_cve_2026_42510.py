"""Ironic CVE-2026-42510: a console's command line was put together for a shell, with what a node's
owner wrote in driver_info. Ours is an array of arguments, and no value of it can become an option."""

import pytest
from tests.baremetal_task import a_node

from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.arguments import Manner, arguments
from bessemer.errors import Invalid

HOSTILE = ("$(reboot)", "`reboot`", "a; reboot", "a && reboot", "a | sh", "-o supermicro", "a\nb")
FIELDS = (
    "ipmi_address",
    "ipmi_username",
    "ipmi_password",
    "ipmi_priv_level",
    "ipmi_port",
    "ipmi_hex_kg_key",
    "ipmi_terminal_port",
    "ipmi_cipher_suite",
    "ipmi_bridging",
    "ipmi_target_address",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", FIELDS)
def test_a_value_is_refused_or_one_argument_of_its_option(field, text):
    value = Secret(text) if field in {"ipmi_password", "ipmi_hex_kg_key"} else text
    node = a_node(driver_info={"ipmi_address": "192.0.2.7", field: value})
    try:
        argv = arguments(access_of(node), ["sol", "activate"], Manner(None))
    except Invalid:
        return
    places = [place for place, word in enumerate(argv) if text in word]
    assert all(argv[place] == text and argv[place - 1] == "-U" for place in places)
    assert places or field in {"ipmi_password", "ipmi_bridging", "ipmi_target_address"}
