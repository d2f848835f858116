"""Vendor methods of IPMI machines: raw commands, and a restart of the BMC; off by default.

Who may send raw commands can reprogram a BMC, and with it the machine of the next tenant
(CVE-2026-54423): the operator has to switch `baremetal.ipmi_raw_commands` on.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.properties import PROPERTIES
from bessemer.baremetal.interfaces.plugin import Argument, step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.interfaces.vendor import VendorInterface, passthru
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Forbidden, Invalid
from bessemer.json_types import Json

RAW_BYTES: Final = Argument(
    "raw_bytes", "Bytes of the command, such as 0x06 0x01: network function, command, data.", True
)
_OCTET: Final = re.compile(r"0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3}")
_MOST_OCTETS: Final = 256
_LARGEST: Final = 255


class RawCommandsOff(Forbidden):
    """The operator does not let raw IPMI commands through."""


class IpmitoolVendor(VendorInterface):
    """Named "ipmitool"."""

    def __init__(self, ipmitool: Ipmitool, settings: BareMetalSettings) -> None:
        self._ipmitool = ipmitool
        self._settings = settings

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        access_of(node)

    def properties(self) -> Mapping[str, str]:
        return PROPERTIES

    def validate_method(self, node: Node, method: str, body: Mapping[str, Any]) -> None:
        self._check_open(method)
        access_of(node)
        if method == "send_raw":
            _octets(body)
        else:
            _warm(body)

    @passthru("POST", method="send_raw", description="Send the bytes `raw_bytes` to the BMC.")
    async def pass_raw(self, node: Node, body: Mapping[str, Any]) -> Json:
        """Answered before it is done."""
        self._check_open("send_raw")
        await self._ipmitool.run(access_of(node), "raw", *_octets(body))

    @passthru("POST", description="Restart the BMC: warm, or cold when `warm` is false.")
    async def bmc_reset(self, node: Node, body: Mapping[str, Any]) -> Json:
        """Answered before it is done; the machine itself runs on."""
        self._check_open("bmc_reset")
        how = "warm" if _warm(body) else "cold"
        await self._ipmitool.run(access_of(node), "bmc", "reset", how)

    @step("deploy", "clean", "service", arguments=(RAW_BYTES,), requires_ramdisk=False)
    async def send_raw(self, task: Task, raw_bytes: str) -> Outcome:
        """Send the bytes to the BMC."""
        self._check_open("send_raw")
        octets = _octets({"raw_bytes": raw_bytes})
        answer = await self._ipmitool.run(access_of(task.node), "raw", *octets)
        return Done(f"the BMC answered {answer.strip() or 'without data'}")

    def _check_open(self, method: str) -> None:
        if not self._settings.ipmi_raw_commands:
            raise RawCommandsOff(
                f"{method} is switched off here, because it lets its callers reprogram a BMC. The "
                "operator may set baremetal.ipmi_raw_commands."
            )


def _octets(body: Mapping[str, Any]) -> list[str]:
    text = body.get("raw_bytes")
    words = re.split(r"[\s,]+", text.strip()) if isinstance(text, str) else []
    fits = 2 <= len(words) <= _MOST_OCTETS and all(map(_is_octet, words))
    if not fits or set(body) != {"raw_bytes"}:
        raise Invalid(
            f"send_raw takes raw_bytes and nothing else: 2 to {_MOST_OCTETS} bytes such as "
            "'0x06 0x01'."
        )
    return words


def _is_octet(word: str) -> bool:
    return bool(_OCTET.fullmatch(word)) and int(word, 0 if "x" in word.lower() else 10) <= _LARGEST


def _warm(body: Mapping[str, Any]) -> bool:
    warm = body.get("warm", True)
    if set(body) - {"warm"} or not isinstance(warm, bool):
        raise Invalid("bmc_reset takes warm and nothing else: true or false.")
    return warm
