"""`extra_dhcp_opts`: what a caller may ask DHCP to say, and how dnsmasq spells it; pure."""

import re
from ipaddress import ip_address
from typing import Final

from bessemer.network.domain.errors import InvalidInput
from bessemer.network.public import CLIENT_ID, DhcpOption

MAX_VALUE: Final = 255
"""A DHCP option's value has a length of one octet (RFC 2132 section 2)."""

LOADER_CONFIGURATION: Final = "209"
"""A boot loader's configuration file (RFC 5071 section 5)."""

_CLIENT_ID: Final = re.compile(r"[0-9A-Za-z:._-]{2,128}\Z")
_TAG: Final = re.compile(r"tag:!?[A-Za-z0-9_-]+\Z")
_NUMBER: Final = re.compile(r"[0-9]{1,3}\Z")

_ALIASES: Final = {
    "tftp-server-name": "tftp-server",
    "tftp-server-ip-address": "server-ip-address",
    "boot-file-name": "bootfile-name",
    "client-id": CLIENT_ID,
}
"""Names that clients use for what dnsmasq calls otherwise."""

KNOWN_NAMES: Final = frozenset(
    {
        *("netmask", "time-offset", "router", "dns-server", "log-server", "lpr-server"),
        *("boot-file-size", "domain-name", "swap-server", "root-path", "extension-path"),
        *("ip-forward-enable", "non-local-source-routing", "policy-filter"),
        *("max-datagram-reassembly", "default-ttl", "mtu", "all-subnets-local"),
        *("router-discovery", "router-solicitation", "static-route", "trailer-encapsulation"),
        *("arp-timeout", "ethernet-encap", "tcp-ttl", "tcp-keepalive", "nis-domain", "nis-server"),
        *("ntp-server", "netbios-ns", "netbios-dd", "netbios-nodetype", "netbios-scope"),
        *("x-windows-fs", "x-windows-dm", "T1", "T2", "vendor-class", "nis+-domain"),
        *("nis+-server", "tftp-server", "bootfile-name", "mobile-ip-home", "smtp-server"),
        *("pop3-server", "nntp-server", "irc-server", "user-class", "rapid-commit", "client-arch"),
        *("client-interface-id", "client-machine-id", "posix-timezone", "tzdb-timezone"),
        *("ipv6-only", "domain-search", "sip-server", "classless-static-route"),
        *("vendor-id-encap", "tftp-server-address", "server-ip-address"),
    }
)
"""The DHCPv4 names that dnsmasq 2.90 knows (`dnsmasq --help dhcp`)."""


def checked_option(option: DhcpOption) -> DhcpOption:
    """The option itself. Raises InvalidInput when dnsmasq could not be told so in one safe line."""
    *tags, name = option.name.split(",")
    if not all(_TAG.match(tag) for tag in tags):
        raise InvalidInput(
            f"DHCP option {option.name[:60]!r}: write tags as tag:NAME or tag:!NAME."
        )
    is_number = bool(_NUMBER.match(name)) and 1 <= int(name) <= 255
    if not is_number and _ALIASES.get(name, name) not in {*KNOWN_NAMES, *_ALIASES.values()}:
        raise InvalidInput(
            f"DHCP option {option.name[:60]!r} is neither a number from 1 to 255 nor a name that "
            "dnsmasq knows (`dnsmasq --help dhcp` lists them)."
        )
    if not option.value or len(option.value.encode()) > MAX_VALUE:
        raise InvalidInput(
            f"DHCP option {option.name}: the value must have 1 to {MAX_VALUE} bytes."
        )
    if not option.value.isprintable():
        raise InvalidInput(f"DHCP option {option.name}: the value has unprintable characters.")
    if names_client(option) and not _CLIENT_ID.match(option.value):
        raise InvalidInput(
            f"DHCP option {option.name}: a client id is written in hexadecimal bytes with colons "
            "between them, or in letters, digits, dots, dashes and underscores."
        )
    if option.ip_version not in (4, 6):
        raise InvalidInput(f"DHCP option {option.name}: ip_version must be 4 or 6.")
    return option


def names_client(option: DhcpOption) -> bool:
    """Whether it says by which name, beside its MAC, a client asks."""
    return _ALIASES.get(option.name, option.name) == CLIENT_ID


def option_line(port_tag: str, option: DhcpOption) -> str:
    """One line of dnsmasq's `--dhcp-optsfile`, for the one port that carries `port_tag`."""
    *tags, name = option.name.split(",")
    name = _ALIASES.get(name, name)
    spelled = name if _NUMBER.match(name) else f"option:{name}"
    return ",".join((f"tag:{port_tag}", *tags, spelled, _quoted(option.value)))


def is_forced(option: DhcpOption) -> bool:
    """Whether DHCP says it unasked: no firmware asks for what only its loader will read."""
    return option.name.split(",")[-1] == LOADER_CONFIGURATION


def forced_line(port_tag: str, option: DhcpOption) -> str:
    """The value of one `--dhcp-option-force`.

    In dnsmasq's main file one bad line ends the server for everybody; so the value is in quotes,
    where nothing of it is taken for an address or a number.
    """
    *tags, name = option.name.split(",")
    return ",".join((f"tag:{port_tag}", *tags, name, _in_quotes(option.value)))


def _quoted(value: str) -> str:
    """A comma ends a value unless the value is in quotes; only a list of addresses needs its commas."""
    if _is_address_list(value) or not any(mark in value for mark in ',"\\'):
        return value
    return _in_quotes(value)


def _in_quotes(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_address_list(value: str) -> bool:
    try:
        return all(ip_address(part) for part in value.split(","))
    except ValueError:
        return False
