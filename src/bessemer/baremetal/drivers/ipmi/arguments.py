"""What is handed to the ipmitool program: arguments, environment, standard input. Pure."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.drivers.ipmi.access import BmcAccess, Bridge

_INTERFACES: Final = {"2.0": "lanplus", "1.5": "lan"}
_INHERITED: Final = ("PATH", "HOME")


@dataclass(frozen=True, slots=True)
class Manner:
    """How ipmitool is to go about a command.

    `sendings`: how often a packet is sent before it counts as lost; one after `resend_after_s`.
    `read_from`: the file that it reads the password from. `options`: further ones.
    """

    cipher_suite: int | None
    resend_after_s: int = 1
    sendings: int = 1
    read_from: str = "/dev/stdin"
    options: tuple[str, ...] = ()


def arguments(access: BmcAccess, command: Sequence[str], manner: Manner) -> list[str]:
    """The argument array. It holds no secret: the password is read from a pipe.

    `-v` makes ipmitool say on standard error why a session was refused; it leaves standard output
    as it is. `-R 1`: trying again is for us to decide.
    """
    return [
        "ipmitool",
        "-v",
        *("-I", _INTERFACES[access.protocol]),
        *("-H", access.address),
        *("-p", str(access.port)),
        *("-L", access.privilege),
        *_given("-U", access.username),
        *_given("-C", manner.cipher_suite),
        *(("-K",) if access.kg_key else ()),
        *_bridged(access.bridge),
        *("-R", str(manner.sendings)),
        *("-N", str(manner.resend_after_s)),
        *("-f", manner.read_from),
        *manner.options,
        *command,
    ]


def standard_input(access: BmcAccess) -> bytes:
    """The password's bytes; NUL for an empty one, since ipmitool takes no empty file."""
    return access.password.reveal().encode() or b"\0"


def environment(access: BmcAccess) -> dict[bytes, bytes]:
    """What ipmitool needs of ours, plain English, and the Kg key (`-K` reads it from here)."""
    inherited = {key: os.environ[key] for key in _INHERITED if key in os.environ}
    encoded = {os.fsencode(key): os.fsencode(value) for key, value in inherited.items()}
    key = _kg_key(access)
    return {**encoded, b"LC_ALL": b"C", **key}


def shown(access: BmcAccess, command: Sequence[str]) -> str:
    """A command that a person may type to try the same thing; ipmitool asks for the password."""
    user = f" -U {access.username}" if access.username else ""
    interface = _INTERFACES[access.protocol]
    return (
        f"ipmitool -I {interface} -H {access.address} -p {access.port}{user} -a {' '.join(command)}"
    )


def _kg_key(access: BmcAccess) -> Mapping[bytes, bytes]:
    if access.kg_key is None:
        return {}
    return {b"IPMI_KGKEY": bytes.fromhex(access.kg_key.reveal()).rstrip(b"\0")}


def _bridged(bridge: Bridge | None) -> tuple[str, ...]:
    if bridge is None:
        return ()
    return (
        *_given("-m", bridge.local_address),
        *_given("-B", bridge.transit_channel),
        *_given("-T", bridge.transit_address),
        *("-b", bridge.target_channel),
        *("-t", bridge.target_address),
    )


def _given(option: str, value: str | int | None) -> tuple[str, ...]:
    return () if value is None else (option, str(value))
