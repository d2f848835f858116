"""MAC spelling, subnets, pools, and the allocation of addresses."""

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.network.domain.addresses import (
    Pool,
    checked_pools,
    default_pools,
    first_free,
    generated_mac,
    parse_address,
    parse_cidr,
    parse_mac,
)
from bessemer.network.domain.errors import InvalidInput, IpAddressGenerationFailure
from bessemer.network.domain.subnet import Subnet, allocate, choose_service_address

NET = IPv4Network("10.1.0.0/28")
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def a_subnet(
    cidr: IPv4Network = NET, gateway: str | None = "10.1.0.1", service: str | None = None
) -> Subnet:
    gateway_ip = IPv4Address(gateway) if gateway else None
    return Subnet(
        id="s",
        network_id="n",
        name="",
        project_id="p",
        cidr=cidr,
        gateway_ip=gateway_ip,
        pools=default_pools(cidr, [gateway_ip] if gateway_ip else []),
        created_at=MOMENT,
        updated_at=MOMENT,
        service_address=IPv4Address(service) if service else None,
    )


@pytest.mark.parametrize(
    "spelling",
    ["52:54:00:AB:cd:01", "52-54-00-ab-cd-01", "5254.00ab.cd01", "525400ABCD01", " 525400abcd01 "],
)
def test_every_usual_spelling_of_a_mac_becomes_ours(spelling: str) -> None:
    assert parse_mac(spelling) == "52:54:00:ab:cd:01"


@pytest.mark.parametrize(
    "spelling",
    [
        *("", "52:54:00:ab:cd", "52:54:00:ab:cd:0g", "52:54-00:ab:cd:01", "52:54:00:ab:cd:01:02"),
        *("01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "52:54:00:ab:cd:01\n\n,x"),
    ],
)
def test_other_spellings_group_addresses_and_zeros_are_refused(spelling: str) -> None:
    with pytest.raises(InvalidInput):
        parse_mac(spelling)


@given(st.integers(min_value=0, max_value=2**64))
def test_a_generated_mac_is_a_unicast_mac_in_our_spelling(bits: int) -> None:
    mac = generated_mac(bits)
    assert parse_mac(mac) == mac
    assert mac.startswith("fa:16:3e:")


@pytest.mark.parametrize(
    "text",
    ["10.0.0.0/31", "10.0.0.0/7", "127.0.0.0/8", "224.0.0.0/24", "0.0.0.0/8", "fd00::/64", "x"],
)
def test_subnets_without_room_for_hosts_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_cidr(text)


def test_a_subnet_may_be_written_by_any_of_its_addresses() -> None:
    assert parse_cidr("10.1.0.77/24") == IPv4Network("10.1.0.0/24")


@pytest.mark.parametrize("text", ["10.1.0.0", "10.1.0.15", "10.1.1.1", "x"])
def test_network_broadcast_and_foreign_addresses_are_nobodys(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_address(text, NET)


@given(
    st.integers(min_value=24, max_value=30),
    st.sets(st.integers(min_value=0, max_value=255)),
)
def test_the_default_pools_are_every_host_but_the_reserved_ones(
    prefix: int, offsets: set[int]
) -> None:
    subnet = IPv4Network(f"10.1.0.0/{prefix}")
    reserved = {IPv4Address("10.1.0.0") + offset for offset in offsets}
    pools = default_pools(subnet, reserved)
    inside = {IPv4Address(n) for p in pools for n in range(int(p.start), int(p.end) + 1)}
    assert inside == set(subnet.hosts()) - reserved


@given(st.sets(st.integers(min_value=1, max_value=14)))
def test_ports_get_every_address_once_and_then_a_refusal(taken_offsets: set[int]) -> None:
    subnet = a_subnet(service="10.1.0.2")
    taken = {NET.network_address + offset for offset in taken_offsets}
    free = sorted(set(NET.hosts()) - taken - subnet.reserved)
    for expected in free:
        assert allocate(subnet, taken) == expected
        taken.add(expected)
    with pytest.raises(IpAddressGenerationFailure, match=r"10\.1\.0\.0/28"):
        allocate(subnet, taken)


def test_a_gateway_that_nobody_named_is_the_cloud_itself() -> None:
    assert choose_service_address(a_subnet(), False, ()) == IPv4Address("10.1.0.1")


def test_beside_a_named_gateway_the_cloud_takes_the_lowest_free_address() -> None:
    taken = [IPv4Address("10.1.0.2")]
    assert choose_service_address(a_subnet(), True, taken) == IPv4Address("10.1.0.3")


def test_without_a_gateway_the_cloud_takes_the_first_address() -> None:
    assert choose_service_address(a_subnet(gateway=None), True, ()) == IPv4Address("10.1.0.1")


@pytest.mark.parametrize(
    ("pools", "words"),
    [
        ([("10.1.0.5", "10.1.0.4")], "ends before"),
        ([("10.1.0.1", "10.1.0.4")], "gateway"),
        ([("10.1.0.2", "10.1.0.6"), ("10.1.0.6", "10.1.0.8")], "overlap"),
        ([("10.2.0.2", "10.2.0.6")], "not in the subnet"),
    ],
)
def test_impossible_pools_are_refused_in_words(pools: list[tuple[str, str]], words: str) -> None:
    given_pools = [Pool(IPv4Address(start), IPv4Address(end)) for start, end in pools]
    with pytest.raises(InvalidInput, match=words):
        checked_pools(NET, given_pools, IPv4Address("10.1.0.1"))


def test_first_free_of_no_pools_is_none() -> None:
    assert first_free((), ()) is None
