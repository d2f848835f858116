"""What a BMC's refusal or silence is called, with the next safe command; never with a password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bessemer.baremetal.drivers.ipmi.access import BmcAccess
from bessemer.baremetal.drivers.ipmi.arguments import shown
from bessemer.errors import HardwareFailure


class BmcUnreachable(HardwareFailure):
    """A BMC gave no usable answer for as long as `baremetal.ipmi_retry_timeout` says."""


class BmcRefused(HardwareFailure):
    """A BMC answered, and the answer is no; trying again as it stands will not help."""


class CommandRefused(BmcRefused):
    """The login was fine; this one command is not to the BMC's liking."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was tried in vain."""

    count: int
    during: timedelta
    last_sign: str


def unreachable(access: BmcAccess, command: Sequence[str], tried: Attempts) -> BmcUnreachable:
    """All attempts came to nothing."""
    return BmcUnreachable(
        f"{_the_bmc(access)} gave no usable answer to `{' '.join(command)}` within "
        f"{tried.during.total_seconds():g} s ({tried.count} attempts; at the last: "
        f"{tried.last_sign}). Likely causes: wrong ipmi_address or ipmi_port, BMC without power or "
        f"restarting, IPMI over LAN switched off, or a firewall. "
        f"Look with: {shown(access, ('power', 'status'))}"
    )


def refused(access: BmcAccess, command: Sequence[str], meaning: str) -> BmcRefused:
    """The BMC said no."""
    user = f" to user {access.username!r}" if access.username else " to the nameless user"
    return BmcRefused(
        f"{_the_bmc(access)} refused `{' '.join(command)}`{user}: {meaning}. Correct the node's "
        f"driver_info (openstack baremetal node set {access.node_uuid} --driver-info KEY=VALUE) "
        f"or the BMC, and look with: {shown(access, ('power', 'status'))}"
    )


def command_refused(access: BmcAccess, command: Sequence[str], meaning: str) -> CommandRefused:
    """The BMC does not carry out this command."""
    return CommandRefused(
        f"{_the_bmc(access)} did not carry out `{' '.join(command)}`: {meaning}. "
        f"Try the same by hand: {shown(access, command)}"
    )


def no_cipher_suite(
    access: BmcAccess, command: Sequence[str], tried: Sequence[int | None]
) -> BmcRefused:
    """None of the cipher suites is spoken."""
    suites = ", ".join(str(suite) for suite in tried if suite is not None) or "ipmitool's choice"
    return refused(
        access,
        command,
        f"it does not speak cipher suite {suites}; set driver_info.ipmi_cipher_suite to one that "
        "the BMC allows",
    )


def _the_bmc(access: BmcAccess) -> str:
    return f"The BMC at {access.address} (UDP port {access.port})"
