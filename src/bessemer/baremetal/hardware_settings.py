"""Knobs of the bare metal room: how BMCs are spoken to, powered machines watched, consoles served."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

_NO_TIME: Final = timedelta(0)
_PORTS: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,5})\Z")
_LAST_PORT: Final = 65535


class IpmiClient(StrEnum):
    """Who speaks IPMI for the commands that are given most."""

    NATIVE = "native"
    IPMITOOL = "ipmitool"


class HardwareSettings(BaseModel):
    """Part of section `[baremetal]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bmc_request_timeout: timedelta = Field(
        timedelta(seconds=55),
        gt=_NO_TIME,
        description="longest time that an API request waits for a BMC",
    )
    soft_power_state_change_timeout: timedelta = Field(
        timedelta(minutes=10),
        gt=_NO_TIME,
        description="wait for a machine's system to end after a soft power off",
    )
    force_power_state_during_sync: bool = Field(
        True,
        description="switch machines back to their recorded power state; else record what is seen",
    )
    allow_disabling_power_off: bool = Field(
        False,
        description="let network interface `neutron` move machines that are never switched off: "
        "what runs on them sees the provisioning network",
    )
    power_state_sync_max_retries: int = Field(
        3, ge=1, description="power syncs in a row that may fail before a node is put aside"
    )
    power_failure_recovery_interval: timedelta = Field(
        timedelta(minutes=5),
        gt=_NO_TIME,
        description="pause between looks at nodes that were put aside for their power",
    )
    power_sync_at_once: int = Field(
        2000,
        ge=1,
        description="nodes whose BMCs are asked at the same time by the power sync, if natively",
    )
    power_sync_per_second: int = Field(
        500, ge=1, description="nodes that the power sync begins with each second, at most"
    )
    ipmitool_at_once: int = Field(
        8, ge=1, description="runs of the ipmitool program at the same time, at most"
    )
    ipmi_client: IpmiClient = Field(
        IpmiClient.NATIVE,
        description="who speaks IPMI for power and boot device: `native` (this process; `ipmitool` "
        "where a BMC wants what is not spoken natively) or `ipmitool` (a program for each command)",
    )
    ipmi_cipher_suites: tuple[int, ...] = Field(
        (17, 3),
        min_length=1,
        description="cipher suites tried in this order where a node names none",
    )
    ipmi_raw_commands: bool = Field(
        False,
        description="let raw IPMI commands through (vendor methods and steps `send_raw`): "
        "who may call them can reprogram the BMC",
    )
    iscsi_portal_port: int = Field(
        3260, ge=1, le=65535, description="TCP port of the ramdisk's target, deploy interface iscsi"
    )
    iscsi_authentication: bool = Field(
        True,
        description="whether such targets ask for a password (CHAP), a new one for every write; off "
        "only for ramdisks of older agents, which know no passwords",
    )
    iscsi_image_cache_gib: int = Field(
        20, ge=1, description="disk space for images kept to be written over iSCSI again"
    )
    console_address: str = Field(
        "127.0.0.1",
        min_length=1,
        description="address that serial consoles listen on; whoever reaches it needs no password",
    )
    console_port_range: str = Field(
        "10000:20000", description="TCP ports for consoles of nodes that name none, FIRST:LAST"
    )

    @field_validator("console_port_range")
    @classmethod
    def _is_a_range(cls, text: str) -> str:
        found = _PORTS.match(text)
        if found is None or not 0 < int(found[1]) <= int(found[2]) <= _LAST_PORT:
            raise ValueError(f"must be FIRST:LAST, two TCP ports from 1 to {_LAST_PORT}")
        return text

    @property
    def console_ports(self) -> range:
        """`console_port_range` as numbers."""
        first, last = self.console_port_range.split(":")
        return range(int(first), int(last) + 1)

    @property
    def power_sync_limit(self) -> int:
        """How many nodes the power sync may have in hand: programs must not wait for programs."""
        natively = self.ipmi_client is IpmiClient.NATIVE
        return self.power_sync_at_once if natively else self.ipmitool_at_once
