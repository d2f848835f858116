"""dnsmasq's three files as text, from a plan; pure. Options: dnsmasq(8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from bessemer.network.dhcp.plan import DhcpPlan, Host
from bessemer.network.domain.dhcp_options import (
    forced_line,
    is_forced,
    names_client,
    option_line,
)
from bessemer.network.domain.subnet import Subnet

ARCHITECTURE_TAGS: Final = (
    ("bios", 0),
    ("efi32", 6),
    ("efi64", 7),
    ("efi64", 9),
    ("efi-arm64", 11),
    ("efi-http", 15),
    ("efi-http", 16),
    ("efi-http", 19),
)
"""Tags by the client's architecture (DHCP option 93, RFC 4578 and IANA's registry)."""

IPXE_TAG: Final = "ipxe"
"""Set for clients that send iPXE's encapsulated options (option 175)."""

PROGRAMS_OF_STRANGERS: Final = (("bios", "undionly.kpxe"), ("efi64", "snponly.efi"))
"""What firmware of an unknown machine loads, by tag."""

IPXE_NO_PXEDHCP: Final = 176
"""iPXE's encapsulated option `no-pxedhcp` (ipxe.org/howto/dhcpd)."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where one dnsmasq finds its things."""

    folder: Path

    @property
    def configuration(self) -> Path:
        """The options of dnsmasq(8)."""
        return self.folder / "dnsmasq.conf"

    @property
    def hosts(self) -> Path:
        """Who gets an answer, and which address."""
        return self.folder / "hosts"

    @property
    def options(self) -> Path:
        """What DHCP says beside the address; read last of all."""
        return self.folder / "options"

    @property
    def leases(self) -> Path:
        """Kept by dnsmasq."""
        return self.folder / "leases"

    @property
    def pid(self) -> Path:
        """Written by dnsmasq."""
        return self.folder / "pid"


def dhcp_configuration(plan: DhcpPlan, files: Files, user: str | None) -> str:
    """For the process that answers DHCP, and does nothing else."""
    return "\n".join((*_process(plan, files, user), *_dhcp(plan, files))) + "\n"


def hosts(plan: DhcpPlan) -> str:
    """One line per known NIC: nobody else gets an answer (`dhcp-range=…,static`)."""
    return "".join(
        f"{_names(host)},set:{_port_tag(host.port_id)},{host.ip_address}\n" for host in plan.hosts
    )


def options(plan: DhcpPlan) -> str:
    """Options per subnet and per port."""
    lines = [line for subnet in plan.served for line in _subnet_options(subnet)]
    lines += _options_of_strangers(plan)
    lines += [
        option_line(_port_tag(host.port_id), option)
        for host in plan.hosts
        for option in host.options
        if not names_client(option) and not is_forced(option)
    ]
    return "".join(f"{line}\n" for line in lines)


def still_valid(leases: str, plan: DhcpPlan) -> str:
    """The lines of a lease file that agree with the plan.

    dnsmasq gives a known host no address that another MAC still has a lease for, so the leases of
    ports that are gone must go before their addresses are given away again.
    """
    known = {(host.mac_address, host.ip_address) for host in plan.hosts}
    macs = {host.mac_address for host in plan.hosts}

    def is_valid(mac: str, address: str) -> bool:
        lent = plan.lent is not None and IPv4Address(address) in plan.lent.pool
        return (mac, address) in known or (lent and mac not in macs)

    entries = [(line, line.split()[1:3]) for line in leases.splitlines()]
    lines = [line for line, entry in entries if len(entry) == 2 and is_valid(*entry)]
    return "".join(f"{line}\n" for line in lines)


def port_of_option_line(plan: DhcpPlan, number: int) -> str | None:
    """Whose option stands on a line (from 1) of the options file; None for a subnet's."""
    lines = options(plan).splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    return next(
        (h.port_id for h in plan.hosts if line.startswith(f"tag:{_port_tag(h.port_id)},")), None
    )


def _names(host: Host) -> str:
    """InfiniBand's requests have no MAC (RFC 4390), only the client id."""
    ids = [f"id:{option.value}" for option in host.options if names_client(option)]
    return ",".join((host.mac_address, *ids))


def _process(plan: DhcpPlan, files: Files, user: str | None) -> Iterator[str]:
    yield "keep-in-foreground"
    yield "log-facility=-"
    yield "port=0"
    if user is not None:
        yield f"user={user}"
    yield f"pid-file={files.pid}"
    yield f"interface={plan.interface}"
    yield "except-interface=lo"
    yield "bind-dynamic"


def _dhcp(plan: DhcpPlan, files: Files) -> Iterator[str]:
    yield "dhcp-authoritative"
    yield f"dhcp-leasefile={files.leases}"
    yield f"dhcp-hostsfile={files.hosts}"
    yield f"dhcp-optsfile={files.options}"
    yield f"dhcp-lease-max={sum(subnet.cidr.num_addresses for subnet in plan.served)}"
    yield f"dhcp-match=set:{IPXE_TAG},175"
    for tag, number in ARCHITECTURE_TAGS:
        yield f"dhcp-match=set:{tag},option:client-arch,{number}"
    yield f"dhcp-option=option:mtu,{plan.mtu}"
    yield from _ipxe_haste(plan)
    for host in plan.hosts:
        for option in filter(is_forced, host.options):
            yield f"dhcp-option-force={forced_line(_port_tag(host.port_id), option)}"
    for subnet in plan.served:
        yield (
            f"dhcp-range=set:{_subnet_tag(subnet)},{subnet.cidr.network_address},static,"
            f"{subnet.cidr.netmask},{round(plan.lease_time.total_seconds())}s"
        )
    if plan.lent is not None:
        yield (
            f"dhcp-range=set:{_subnet_tag(plan.lent.subnet)},{plan.lent.pool.start},"
            f"{plan.lent.pool.end},{plan.lent.subnet.cidr.netmask},"
            f"{round(plan.lease_time.total_seconds())}s"
        )


def _options_of_strangers(plan: DhcpPlan) -> Iterator[str]:
    """For machines without a line in the hosts file, whom dnsmasq does not tag as known."""
    if plan.lent is None:
        return
    tags = f"tag:{_subnet_tag(plan.lent.subnet)},tag:!known"
    for firmware, program in PROGRAMS_OF_STRANGERS:
        yield f"{tags},tag:!{IPXE_TAG},tag:{firmware},option:bootfile-name,{program}"
    yield f"{tags},tag:{IPXE_TAG},option:bootfile-name,{plan.lent.boot_script}"
    server = plan.lent.subnet.service_address
    yield f"{tags},option:tftp-server,{server}"
    yield f"{tags},option:server-ip-address,{server}"


def _ipxe_haste(plan: DhcpPlan) -> Iterator[str]:
    """Spares iPXE 3 s of listening for a proxy DHCP server, and 12 s for an IPv6 router."""
    if plan.router_prefix is None:
        return
    yield f"dhcp-option=encap:175,{IPXE_NO_PXEDHCP},1b"
    yield "enable-ra"
    yield f"dhcp-range={plan.router_prefix.network_address},ra-only,64"
    yield f"ra-param={plan.interface},0,0"


def _subnet_options(subnet: Subnet) -> Iterator[str]:
    """An option without value tells dnsmasq not to make one up."""
    tag = f"tag:{_subnet_tag(subnet)}"
    gateway = str(subnet.gateway_ip) if subnet.gateway_ip is not None else ""
    yield ",".join(filter(None, (tag, "option:router", gateway)))
    yield ",".join((tag, "option:dns-server", *subnet.dns_nameservers))
    if subnet.host_routes:
        routes = [part for r in subnet.host_routes for part in (r.destination, r.nexthop)]
        # RFC 3442: a client that gets option 121 ignores option 3, so the default route goes in too
        routes += ["0.0.0.0/0", gateway] if gateway else []
        yield ",".join((tag, "option:classless-static-route", *routes))


def _port_tag(port_id: str) -> str:
    return f"port-{port_id}"


def _subnet_tag(subnet: Subnet) -> str:
    return f"subnet-{subnet.id}"
