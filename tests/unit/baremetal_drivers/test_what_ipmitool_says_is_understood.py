"""Captured runs of ipmitool 1.8.19, and garbage: verdicts and values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.domain.node import BootDevice, Power
from bessemer.baremetal.drivers.ipmi import answers, boot_device
from bessemer.baremetal.drivers.ipmi.boot_device import BootOrder
from bessemer.baremetal.drivers.ipmi.commands import boot_order_in_words
from bessemer.baremetal.drivers.ipmi.verdict import Kind, Run, quoted, verdict

CHATTER = (
    "Loading IANA PEN Registry...\n"
    "Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20\n"
    "Invalid completion code received: Invalid command\n"
    "Discovered IPMB address 0x0\n"
)
NO_SESSION = "Error: Unable to establish IPMI v2 / RMCP+ session\n"


def open_session(words: str) -> str:
    return f"Error in open session response message : {words}\n\n{NO_SESSION}"


def rakp_2(words: str) -> str:
    return f"RAKP 2 message indicates an error : {words}\n{NO_SESSION}"


CAPTURED = [
    (open_session("insufficient resources for session"), Kind.AGAIN, "sessions are taken"),
    (open_session("insufficient resources for role"), Kind.AGAIN, "sessions are taken"),
    (open_session("no matching cipher suite"), Kind.OTHER_CIPHER, "cipher suite"),
    (open_session("invalid authentication algorithm"), Kind.OTHER_CIPHER, "cipher suite"),
    (open_session("invalid integrity algorithm"), Kind.OTHER_CIPHER, "cipher suite"),
    (open_session("invalid confidentiality algorithm"), Kind.OTHER_CIPHER, "cipher suite"),
    (open_session("no matching integrity payload"), Kind.OTHER_CIPHER, "cipher suite"),
    (open_session("unauthorized role requested"), Kind.REFUSED, "privilege level"),
    (open_session("invalid session ID"), Kind.NO_SESSION, "opens no session"),
    (rakp_2("unauthorized name"), Kind.REFUSED, "no such user"),
    (rakp_2("invalid name length"), Kind.REFUSED, "no such user"),
    (rakp_2("unauthorized role requested"), Kind.REFUSED, "privilege level"),
    (rakp_2("invalid role"), Kind.REFUSED, "privilege level"),
    (rakp_2("Unknown (0x40)"), Kind.NO_SESSION, "opens no session"),
    (f"> RAKP 2 HMAC is invalid\n{NO_SESSION}", Kind.REFUSED, "wrong password"),
    (
        f"> RAKP 4 message has invalid integrity check value\n{NO_SESSION}",
        Kind.REFUSED,
        "ipmi_hex_kg_key",
    ),
    (
        f"Authentication algorithm 0x01 is not what we requested 0x03\n\n{NO_SESSION}",
        Kind.OTHER_CIPHER,
        "cipher suite",
    ),
    (f"Unsupported cipher suite ID : 99\n\n{NO_SESSION}", Kind.OTHER_CIPHER, "cipher suite"),
    (
        "> Error: no response from RAKP 1 message\n" * 4
        + f"Set Session Privilege Level to ADMINISTRATOR failed\n{NO_SESSION}",
        Kind.NO_SESSION,
        "unknown user",
    ),
    (
        f"Set Session Privilege Level to ADMINISTRATOR failed\n{NO_SESSION}",
        Kind.NO_SESSION,
        "opens no session",
    ),
    (
        f"Set Session Privilege Level to ADMINISTRATOR failed: Unknown (0x81)\n{NO_SESSION}",
        Kind.REFUSED,
        "privilege level",
    ),
    (
        "Get Auth Capabilities error\n"
        "Error issuing Get Channel Authentication Capabilities request\n" + NO_SESSION,
        Kind.AGAIN,
        "no answer",
    ),
    (
        f"Address lookup for nosuch.invalid failed\nCould not open socket!\n{NO_SESSION}",
        Kind.AGAIN,
        "cannot be resolved",
    ),
    (
        CHATTER + "Set Chassis Power Control to Up/On failed: Node busy\n",
        Kind.AGAIN,
        "busy",
    ),
    (CHATTER + "Set Chassis Power Control to Up/On failed: Timeout\n", Kind.AGAIN, "timeout"),
    (CHATTER + "Unable to set Chassis Power Control to Up/On\n", Kind.AGAIN, "no answer"),
    (
        CHATTER + "Set Chassis Power Control to Diag failed: Invalid data field in request\n",
        Kind.COMMAND_REFUSED,
        "Invalid data field in request",
    ),
    (
        CHATTER + "Unable to send RAW command (channel=0x0 netfn=0x0 lun=0x0 cmd=0x8 rsp=0x80): "
        "Unknown (0x80)\n",
        Kind.COMMAND_REFUSED,
        "rsp=0x80",
    ),
    ("", Kind.COMMAND_REFUSED, "ipmitool says: nothing"),
]


@pytest.mark.parametrize(("complaints", "kind", "words"), CAPTURED)
def test_a_failed_run_has_a_meaning(complaints: str, kind: Kind, words: str) -> None:
    found = verdict(Run(1, "", "Loading IANA PEN Registry...\n" + complaints))
    assert found.kind is kind
    assert words in found.meaning


def test_chatter_of_a_good_run_is_no_failure() -> None:
    assert verdict(Run(0, "Chassis Power is on\n", CHATTER)).kind is Kind.FINE


def test_exit_status_0_without_a_session_is_no_success() -> None:
    complaints = f"> RAKP 4 message has invalid integrity check value\n{NO_SESSION}"
    assert verdict(Run(0, "", complaints)).kind is Kind.REFUSED


def test_a_run_stopped_at_its_limit_is_tried_again_with_what_it_said() -> None:
    assert verdict(Run(None)).kind is Kind.AGAIN
    silent_login = verdict(Run(None, "", "> Error: no response from RAKP 1 message\n"))
    assert silent_login.kind is Kind.NO_SESSION
    assert "unknown user" in silent_login.meaning


def test_what_a_bmc_says_is_quoted_short_and_printable() -> None:
    assert quoted("first\nlast \x1b[31m<b>\n\n") == "last ?[31m<b>"
    assert len(quoted("x" * 10_000)) == 200


@given(status=st.integers(0, 255) | st.none(), output=st.text(), complaints=st.text())
def test_any_run_has_a_verdict(status: int | None, output: str, complaints: str) -> None:
    found = verdict(Run(status, output, complaints))
    assert found.kind is Kind.FINE or found.meaning


def test_power_is_read() -> None:
    assert answers.power_state("Chassis Power is on\n") is Power.ON
    assert answers.power_state("Chassis Power is off\n") is Power.OFF


@pytest.mark.parametrize("garbage", ["", "Chassis Power is", "Chassis Power is error", "<html>on"])
def test_garbage_is_no_power_state(garbage: str) -> None:
    assert answers.power_state(garbage) is None


MC_INFO = """Device ID                 : 32
Manufacturer ID           : 10876
Manufacturer Name         : Super Micro Computer Inc.
Product ID                : 2404 (0x0964)
"""


def test_the_manufacturer_is_read() -> None:
    assert answers.manufacturer(MC_INFO) == (10876, "Super Micro Computer Inc.")
    assert answers.manufacturer("Manufacturer ID : many\n") is None
    assert answers.manufacturer("") is None


@given(st.text())
def test_no_text_upsets_the_readers(text: str) -> None:
    answers.power_state(text)
    answers.boot_flags(text)
    answers.manufacturer(text)


BOOT_PARAMETER = """Boot parameter version: 1
Boot parameter 5 is valid/unlocked
Boot parameter data: {}
 Boot Flags :
   - Boot Flag Valid
"""


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("8004000000", (BootDevice.PXE, False)),
        ("e008000000", (BootDevice.DISK, True)),
        ("e024000000", (BootDevice.DISK, True)),
        ("a00c000000", (BootDevice.SAFE, False)),
        ("8000000000", (None, False)),
        ("803c000000", (None, False)),
        ("0004000000", (None, None)),
    ],
)
def test_boot_flags_are_read(data: str, read: tuple[BootDevice | None, bool | None]) -> None:
    flags = answers.boot_flags(BOOT_PARAMETER.format(data))
    assert flags is not None
    assert boot_device.read(flags) == read


@pytest.mark.parametrize("data", ["", "80", "80040000zz", "800400000000"])
def test_garbled_boot_flags_are_none(data: str) -> None:
    assert answers.boot_flags(BOOT_PARAMETER.format(data)) is None


@given(device=st.sampled_from(boot_device.SUPPORTED), persistent=st.booleans(), sm=st.booleans())
def test_uefi_flags_read_back_as_written(device: BootDevice, persistent: bool, sm: bool) -> None:
    order = BootOrder(device, persistent, uefi=True, supermicro=sm)
    command = boot_order_in_words(order)
    assert command[:4] == ("raw", "0x00", "0x08", "0x05")
    flags = bytes(int(octet, 16) for octet in command[4:])
    assert boot_device.read(flags) == (device, persistent)
    assert flags[0] & 0x20, "marked as UEFI"


def test_boot_commands_are_as_the_specification_wants() -> None:
    def words(device: BootDevice, **order: bool) -> str:
        return " ".join(boot_order_in_words(BootOrder(device, **order)))

    pxe = words(BootDevice.PXE, persistent=False, uefi=True)
    assert pxe == "raw 0x00 0x08 0x05 0xa0 0x04 0x00 0x00 0x00"
    disk = words(BootDevice.DISK, persistent=True, uefi=True, supermicro=True)
    assert disk == "raw 0x00 0x08 0x05 0xe0 0x24 0x00 0x00 0x00"
    bios = words(BootDevice.DISK, persistent=True, uefi=False)
    assert bios == "chassis bootdev disk options=persistent"
    assert words(BootDevice.PXE, persistent=False, uefi=False) == "chassis bootdev pxe"
