"""driver_info to access, access to arguments: every field, and no secret among the arguments."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node

from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipmi.access import BmcAccess, access_of
from bessemer.baremetal.drivers.ipmi.arguments import (
    Manner,
    arguments,
    environment,
    shown,
    standard_input,
)
from bessemer.errors import Invalid

KG = "00112233445566778899aabbccddeeff01020304"


def access(**info: Any) -> BmcAccess:
    return access_of(a_node(uuid="n", driver_info={"ipmi_address": "192.0.2.7", **info}))


def argv(**info: Any) -> list[str]:
    return arguments(access(**info), ["power", "status"], Manner(None, 1))


def test_the_least_that_is_needed_is_an_address() -> None:
    assert " ".join(argv()) == (
        "ipmitool -v -I lanplus -H 192.0.2.7 -p 623 -L ADMINISTRATOR "
        "-R 1 -N 1 -f /dev/stdin power status"
    )


def test_every_field_has_its_option() -> None:
    found = access(
        ipmi_username="admin",
        ipmi_password=Secret("secret"),
        ipmi_port="6230",
        ipmi_priv_level="operator",
        ipmi_hex_kg_key=Secret("61" * 20),
        ipmi_bridging="dual",
        ipmi_local_address="0x20",
        ipmi_transit_channel="7",
        ipmi_transit_address="0x82",
        ipmi_target_channel="1",
        ipmi_target_address="0x72",
    )
    command = arguments(found, ["mc", "info"], Manner(17, 5))
    assert " ".join(command) == (
        "ipmitool -v -I lanplus -H 192.0.2.7 -p 6230 -L OPERATOR -U admin -C 17 -K "
        "-m 0x20 -B 7 -T 0x82 -b 1 -t 0x72 -R 1 -N 5 -f /dev/stdin mc info"
    )


def test_single_bridging_has_no_transit() -> None:
    found = argv(ipmi_bridging="single", ipmi_target_channel="1", ipmi_target_address="0x72")
    assert found[found.index("-b") : found.index("-b") + 4] == ["-b", "1", "-t", "0x72"]
    assert "-B" not in found
    assert "-T" not in found


def test_ipmi_1_5_is_spoken_over_lan() -> None:
    assert argv(ipmi_protocol_version="1.5")[2:4] == ["-I", "lan"]


def test_the_kg_key_goes_into_the_environment_as_bytes() -> None:
    found = environment(access(ipmi_hex_kg_key=Secret("61ff" + "62" * 16 + "0000")))
    assert found[b"IPMI_KGKEY"] == b"a\xff" + b"b" * 16
    assert b"IPMI_KGKEY" not in environment(access())


def test_nothing_else_of_our_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPMI_PASSWORD", "of somebody else")
    assert environment(access()).keys() <= {b"PATH", b"HOME", b"LC_ALL"}


@pytest.mark.parametrize("password", [None, "", Secret("")])
def test_an_empty_password_is_a_nul(password: Any) -> None:
    assert standard_input(access(ipmi_password=password)) == b"\0"


@given(password=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
def test_nothing_but_standard_input_depends_on_the_password(password: str) -> None:
    seen = []
    for each in (password, "another"):
        found = access(ipmi_password=Secret(each))
        command = arguments(found, ["power", "on"], Manner(3, 1))
        seen.append((command, environment(found), shown(found, command), repr(found)))
    assert seen[0] == seen[1]
    assert standard_input(access(ipmi_password=Secret(password))) == (password.encode() or b"\0")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ipmi_address", ""),
        ("ipmi_address", None),
        ("ipmi_address", "bmc one"),
        ("ipmi_address", "-H evil"),
        ("ipmi_address", "x" * 300),
        ("ipmi_port", 0),
        ("ipmi_port", "65536"),
        ("ipmi_port", "623x"),
        ("ipmi_terminal_port", -1),
        ("ipmi_username", "seventeen-letters"),
        ("ipmi_username", "ad\nmin"),
        ("ipmi_password", "x" * 21),
        ("ipmi_password", Secret("new\nline")),
        ("ipmi_priv_level", "root"),
        ("ipmi_protocol_version", "3.0"),
        ("ipmi_cipher_suite", 18),
        ("ipmi_cipher_suite", "strong"),
        ("ipmi_hex_kg_key", "61"),
        ("ipmi_hex_kg_key", Secret("zz" * 20)),
        ("ipmi_hex_kg_key", Secret(KG)),
        ("ipmi_bridging", "triple"),
        ("ipmi_disable_boot_timeout", "maybe"),
        ("ipmi_force_boot_device", "sometimes"),
    ],
)
def test_what_is_wrong_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(Invalid, match=rf"driver_info\.{field} "):
        access(**{field: value})


@pytest.mark.parametrize(
    "missing", ["ipmi_target_channel", "ipmi_target_address", "ipmi_transit_channel"]
)
def test_dual_bridging_needs_every_hop(missing: str) -> None:
    hops = {
        "ipmi_target_channel": 1,
        "ipmi_target_address": "0x72",
        "ipmi_transit_channel": 7,
        "ipmi_transit_address": "0x82",
    }
    del hops[missing]
    with pytest.raises(Invalid, match=missing):
        access(ipmi_bridging="dual", **hops)


def test_a_cipher_suite_needs_ipmi_2() -> None:
    with pytest.raises(Invalid, match="ipmi_cipher_suite"):
        access(ipmi_protocol_version="1.5", ipmi_cipher_suite=3)


@given(
    info=st.dictionaries(
        st.sampled_from(
            [
                "ipmi_address",
                "ipmi_port",
                "ipmi_username",
                "ipmi_password",
                "ipmi_priv_level",
                "ipmi_protocol_version",
                "ipmi_cipher_suite",
                "ipmi_hex_kg_key",
                "ipmi_bridging",
                "ipmi_target_channel",
                "ipmi_disable_boot_timeout",
            ]
        ),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()),
    )
)
def test_any_driver_info_is_read_or_refused(info: dict[str, Any]) -> None:
    try:
        found = access_of(a_node(driver_info=info))
    except Invalid:
        return
    command = arguments(found, ["power", "status"], Manner(3, 1))
    assert not any("\n" in word or "\0" in word for word in command)
