"""What the kernel command line says, and that nothing on it stops the ramdisk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer_agent.kernel_parameters import Parameters, parse


def test_the_usual_line() -> None:
    parameters = parse(
        "quiet ipa-api-url=http://10.1.0.2:6386,https://ironic.example/ ipa-global-request-id=req-1 "
        "BOOTIF=01-52-54-00-AB-CD-EF console=ttyS0 ipa-debug=1 ipa-insecure=0 "
        'ipa-listen-port=9998 ipa-lookup-timeout=30.5 ipa-collect-lldp foo="a b"'
    )
    assert parameters == Parameters(
        api_urls=("http://10.1.0.2:6386", "https://ironic.example"),
        global_request_id="req-1",
        boot_mac="52:54:00:ab:cd:ef",
        debug=True,
        listen_port=9998,
        lookup_timeout_s=30.5,
        collect_lldp=True,
    )


def test_the_last_of_several_wins_and_quotes_hold_spaces() -> None:
    parameters = parse('ipa-global-request-id=a "ipa-global-request-id=b c"')
    assert parameters.global_request_id == "b c"


def test_mdns_is_not_followed() -> None:
    """A neighbour that answers multicast could adopt the machine."""
    parameters = parse("ipa-api-url=mdns")
    assert parameters.api_urls == ()
    assert parameters.ignored == ("ipa-api-url=mdns",)


@pytest.mark.parametrize(
    ("word", "mac"),
    [
        ("01-52-54-00-AB-CD-EF", "52:54:00:ab:cd:ef"),
        ("20-f4-52-14-5a-2b-c1", "f4:52:14:5a:2b:c1"),
        ("20-04-0f-11-22-33", "20:04:0f:11:22:33"),
        ("52:54:00:ab:cd:ef", "52:54:00:ab:cd:ef"),
        ("20-04-0f-11-22", None),
        ("03-52-54-00-ab-cd-ef", None),
        ("junk-52-54-00-ab-cd-ef", None),
    ],
)
def test_the_boot_card_is_named_with_or_without_its_kind(word: str, mac: str | None) -> None:
    assert parse(f"BOOTIF={word}").boot_mac == mac


@given(st.text(), st.sampled_from(["ipa-listen-port", "ipa-lldp-timeout", "BOOTIF", "ipa-api-url"]))
def test_garbage_leaves_the_default(text: str, name: str) -> None:
    parameters = parse(f"{name}={text} ipa-debug=1")
    assert 0 < parameters.listen_port < 65536
    assert 0 <= parameters.lldp_timeout_s < float("inf")


@given(st.text())
def test_any_line_can_be_read(line: str) -> None:
    parse(line)


def test_secrets_do_not_show() -> None:
    assert "s3cret" not in repr(parse("ipa-agent-token=s3cret"))
