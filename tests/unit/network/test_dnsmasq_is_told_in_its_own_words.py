"""DHCP options and dnsmasq's files, as text."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.network.dhcp import render
from bessemer.network.dhcp.plan import DhcpPlan, make_plan
from bessemer.network.dhcp.render import Files
from bessemer.network.domain.addresses import Pool, default_pools
from bessemer.network.domain.dhcp_options import checked_option, option_line
from bessemer.network.domain.errors import InvalidInput
from bessemer.network.domain.network import Network
from bessemer.network.domain.port import Port
from bessemer.network.domain.segment import NetworkType, Segment
from bessemer.network.domain.subnet import HostRoute, Subnet
from bessemer.network.public import DhcpOption, FixedIp
from bessemer.network.settings import LentAddresses, NetworkSettings

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
FILES = Files(Path("/run/x"))
CIDR = IPv4Network("10.1.0.0/24")

SUBNET = Subnet(
    id="s1",
    network_id="n1",
    name="",
    project_id="p",
    cidr=CIDR,
    gateway_ip=IPv4Address("10.1.0.1"),
    pools=default_pools(CIDR, [IPv4Address("10.1.0.1")]),
    created_at=MOMENT,
    updated_at=MOMENT,
    service_address=IPv4Address("10.1.0.1"),
)


def a_plan(name: str = "provisioning", subnet: Subnet = SUBNET, *options: DhcpOption) -> DhcpPlan:
    segment = Segment(NetworkType.VLAN, "physnet1", 100)
    network = Network("n1234567890", name, "p", segment, 1450, MOMENT, MOMENT)
    port = Port(
        id="p1",
        network_id=network.id,
        name="",
        project_id="p",
        mac_address="52:54:00:00:00:01",
        created_at=MOMENT,
        updated_at=MOMENT,
        fixed_ips=(FixedIp("s1", "10.1.0.7"),),
        dhcp_options=options,
    )
    settings = NetworkSettings(dhcp_lease_time=timedelta(minutes=10))
    return make_plan(settings, network, [subnet], [port])


@pytest.mark.parametrize(
    ("option", "line"),
    [
        (DhcpOption("67", "undionly.kpxe"), "tag:t,67,undionly.kpxe"),
        (DhcpOption("tag:!ipxe,67", "snponly.efi"), "tag:t,tag:!ipxe,67,snponly.efi"),
        (DhcpOption("tag:!ipxe,tag:efi64,67", "a"), "tag:t,tag:!ipxe,tag:efi64,67,a"),
        (DhcpOption("bootfile-name", "x"), "tag:t,option:bootfile-name,x"),
        (DhcpOption("tftp-server-name", "10.0.0.1"), "tag:t,option:tftp-server,10.0.0.1"),
        (DhcpOption("server-ip-address", "10.0.0.1"), "tag:t,option:server-ip-address,10.0.0.1"),
        (DhcpOption("255", "10.0.0.1"), "tag:t,255,10.0.0.1"),
        (DhcpOption("150", "10.0.0.1,10.0.0.2"), "tag:t,150,10.0.0.1,10.0.0.2"),
        (DhcpOption("67", "http://h/?a,b"), 'tag:t,67,"http://h/?a,b"'),
    ],
)
def test_an_option_becomes_one_line_for_one_port(option: DhcpOption, line: str) -> None:
    assert option_line("t", checked_option(option)) == line


@pytest.mark.parametrize(
    "option",
    [
        DhcpOption("", "x"),
        DhcpOption("0", "x"),
        DhcpOption("256", "x"),
        DhcpOption("no-such-option", "x"),
        DhcpOption("tag:a b,67", "x"),
        DhcpOption("67,tag:a", "x"),
        DhcpOption("67", ""),
        DhcpOption("67", "x" * 256),
        DhcpOption("67", "a\ndhcp-script=/bin/sh"),
        DhcpOption("67", "a\0"),
        DhcpOption("67", "x", 5),
    ],
)
def test_what_dnsmasq_could_not_be_told_safely_is_refused(option: DhcpOption) -> None:
    with pytest.raises(InvalidInput):
        checked_option(option)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_option_can_ever_break_out_of_its_line(name: str, value: str) -> None:
    try:
        option = checked_option(DhcpOption(name, value))
    except InvalidInput:
        return
    assert len(option_line("t", option).splitlines()) == 1


def test_hosts_name_mac_tag_and_address() -> None:
    assert render.hosts(a_plan()) == "52:54:00:00:00:01,set:port-p1,10.1.0.7\n"


def test_an_infrastructure_network_stays_in_the_servers_own_namespace() -> None:
    plan = a_plan("provisioning")
    assert (plan.namespace, plan.interface) == (None, "tor-100")


def test_a_tenants_network_gets_a_namespace_of_its_own() -> None:
    assert a_plan("blue").namespace == "bessemer-net-n1234567"


def test_the_configuration_answers_known_hosts_on_one_interface_only() -> None:
    lines = render.dhcp_configuration(a_plan(), FILES, "dnsmasq").splitlines()
    assert {"interface=tor-100", "bind-dynamic", "port=0", "user=dnsmasq"} <= set(lines)
    assert "dhcp-range=set:subnet-s1,10.1.0.0,static,255.255.255.0,600s" in lines
    assert "dhcp-match=set:ipxe,175" in lines
    assert "dhcp-match=set:efi64,option:client-arch,7" in lines
    assert "dhcp-option=option:mtu,1450" in lines
    assert "enable-tftp" not in lines


def test_ipxe_is_spared_its_waits_on_the_clouds_own_networks_only() -> None:
    plan = a_plan("provisioning")
    lines = render.dhcp_configuration(plan, FILES, None).splitlines()
    assert "dhcp-option=encap:175,176,1b" in lines
    assert f"dhcp-range={plan.router_prefix.network_address},ra-only,64" in lines
    assert plan.router_prefix.subnet_of(IPv6Network("fd00::/8"))
    assert plan.router_addresses == ("fe80::1/64", f"{plan.router_prefix[1]}/64")
    tenants = render.dhcp_configuration(a_plan("blue"), FILES, None)
    assert "ra-only" not in tenants
    assert "encap:175" not in tenants
    assert a_plan("blue").router_addresses == ()


def test_subnet_options_say_router_name_servers_and_routes() -> None:
    subnet = replace(
        SUBNET,
        dns_nameservers=("9.9.9.9", "1.1.1.1"),
        host_routes=(HostRoute("10.9.0.0/16", "10.1.0.9"),),
    )
    assert render.options(a_plan("blue", subnet)).splitlines() == [
        "tag:subnet-s1,option:router,10.1.0.1",
        "tag:subnet-s1,option:dns-server,9.9.9.9,1.1.1.1",
        "tag:subnet-s1,option:classless-static-route,10.9.0.0/16,10.1.0.9,0.0.0.0/0,10.1.0.1",
    ]


def test_a_subnet_without_gateway_names_no_router() -> None:
    subnet = replace(SUBNET, gateway_ip=None)
    assert render.options(a_plan("blue", subnet)).splitlines()[0] == "tag:subnet-s1,option:router"


def test_a_complaint_about_a_line_finds_its_port() -> None:
    plan = a_plan("blue", SUBNET, DhcpOption("67", "a"), DhcpOption("150", "b"))
    assert [render.port_of_option_line(plan, n) for n in (1, 3, 4, 5)] == [None, "p1", "p1", None]


def test_ipv6_options_and_unserved_subnets_are_left_out() -> None:
    plan = a_plan("blue", SUBNET, DhcpOption("59", "x", 6))
    assert plan.hosts[0].options == ()
    assert a_plan("blue", replace(SUBNET, enable_dhcp=False)).hosts == ()


def test_leases_of_ports_that_are_gone_do_not_outlive_them() -> None:
    kept = "1767000000 52:54:00:00:00:01 10.1.0.7 * *\n"
    stale = "1767000000 52:54:00:00:00:02 10.1.0.8 * *\n1767 52:54:00:00:00:09 10.1.0.7 * 01:02\n"
    assert render.still_valid(kept + stale, a_plan()) == kept


LENT = LentAddresses(first=IPv4Address("10.1.0.200"), last=IPv4Address("10.1.0.210"))
SPARING = replace(SUBNET, pools=(Pool(IPv4Address("10.1.0.2"), IPv4Address("10.1.0.99")),))


def a_lending_plan(subnet: Subnet = SPARING, lent: LentAddresses = LENT, **more: str) -> DhcpPlan:
    name = more.get("name", "provisioning")
    settings = NetworkSettings(unknown_machines={"provisioning": lent, "blue": lent})
    plan = a_plan(name, subnet)
    segment = Segment(NetworkType.VLAN, "physnet1", 100)
    network = Network(plan.network_id, name, "p", segment, 1450, MOMENT, MOMENT)
    return make_plan(settings, network, [subnet], [])


def test_unknown_machines_are_lent_addresses_and_a_boot_program_where_that_is_wanted() -> None:
    plan = a_lending_plan()
    assert "10.1.0.200,10.1.0.210,255.255.255.0" in render.dhcp_configuration(plan, FILES, None)
    told = render.options(plan).splitlines()
    tags = "tag:subnet-s1,tag:!known"
    assert f"{tags},tag:!ipxe,tag:bios,option:bootfile-name,undionly.kpxe" in told
    script = "http://10.1.0.1:6386/boot/ipxe/${netX/mac}"
    assert f"{tags},tag:ipxe,option:bootfile-name,{script}" in told
    assert "10.1.0.200" not in render.dhcp_configuration(a_plan(), FILES, None)
    assert "known" not in render.options(a_plan())


@pytest.mark.parametrize(
    ("subnet", "lent"),
    [
        (SUBNET, LENT),
        (replace(SPARING, service_address=IPv4Address("10.1.0.205")), LENT),
        (SPARING, LENT.model_copy(update={"first": IPv4Address("10.1.0.99")})),
        (SPARING, LENT.model_copy(update={"last": IPv4Address("10.1.1.5")})),
        (SPARING, LENT.model_copy(update={"first": IPv4Address("10.1.0.211")})),
        (replace(SPARING, enable_dhcp=False), LENT),
    ],
)
def test_an_address_that_a_port_may_get_is_not_lent(subnet: Subnet, lent: LentAddresses) -> None:
    plan = a_lending_plan(subnet, lent)
    assert plan.lent is None
    assert "allocation pools" in plan.complaints[0]


def test_tenants_networks_lend_nothing() -> None:
    plan = a_lending_plan(name="blue")
    assert (plan.lent, plan.complaints) == (None, ())


def test_leases_of_unknown_machines_are_kept() -> None:
    lease = "1780000000 52:54:00:00:00:09 10.1.0.201 * *"
    assert render.still_valid(f"{lease}\n", a_lending_plan()) == f"{lease}\n"
    assert render.still_valid(f"{lease}\n", a_plan()) == ""
