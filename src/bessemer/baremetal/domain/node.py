"""A node: one physical machine, as the bare metal service knows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bessemer.baremetal.domain.provision.states import State


class Power(StrEnum):
    """Power states in wire spelling."""

    ON = "power on"
    OFF = "power off"
    ERROR = "error"


class PowerTarget(StrEnum):
    """What a user may ask of `PUT /v1/nodes/{id}/states/power`."""

    ON = "power on"
    OFF = "power off"
    REBOOT = "rebooting"
    SOFT_OFF = "soft power off"
    SOFT_REBOOT = "soft rebooting"


class BootDevice(StrEnum):
    """Boot devices in wire spelling."""

    PXE = "pxe"
    DISK = "disk"
    CDROM = "cdrom"
    BIOS = "bios"
    SAFE = "safe"
    WANBOOT = "wanboot"
    ISCSIBOOT = "iscsiboot"
    FLOPPY = "floppy"
    UEFIHTTP = "uefihttp"


class InterfaceKind(StrEnum):
    """The hardware interfaces of a node; each is served by a named plug-in."""

    BIOS = "bios"
    BOOT = "boot"
    CONSOLE = "console"
    DEPLOY = "deploy"
    FIRMWARE = "firmware"
    INSPECT = "inspect"
    MANAGEMENT = "management"
    NETWORK = "network"
    POWER = "power"
    RAID = "raid"
    RESCUE = "rescue"
    STORAGE = "storage"
    VENDOR = "vendor"


AUTOMATIC_LESSEE: Final = "automatic_lessee"
"""Key of `driver_internal_info`: the lessee came with the instance and goes with it."""

_INSPECTION: Final = frozenset({State.INSPECTING, State.INSPECT_WAIT})


@dataclass(frozen=True, slots=True)
class Node:
    """One row of the inventory. JSON columns are mappings; secrets in them are `Secret`."""

    uuid: str
    driver: str
    provision_state: State = State.ENROLL
    target_provision_state: State | None = None
    provision_updated_at: datetime | None = None
    name: str | None = None
    description: str | None = None
    instance_uuid: str | None = None
    resource_class: str | None = None
    conductor_group: str = ""
    owner: str | None = None
    lessee: str | None = None
    power_state: Power | None = None
    target_power_state: Power | None = None
    maintenance: bool = False
    maintenance_reason: str | None = None
    fault: str | None = None
    last_error: str | None = None
    automated_clean: bool | None = None
    protected: bool = False
    protected_reason: str | None = None
    retired: bool = False
    retired_reason: str | None = None
    driver_info: Mapping[str, Any] = field(default_factory=dict)
    driver_internal_info: Mapping[str, Any] = field(default_factory=dict)
    instance_info: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()
    interfaces: Mapping[InterfaceKind, str] = field(default_factory=dict)
    intent: str | None = None
    """Generation of the request that the present work carries out."""
    chassis_uuid: str | None = None
    instance_name: str | None = None
    allocation_uuid: str | None = None
    parent_node: str | None = None
    shard: str | None = None
    network_data: Mapping[str, Any] = field(default_factory=dict)
    console_enabled: bool = False
    raid_config: Mapping[str, Any] = field(default_factory=dict)
    target_raid_config: Mapping[str, Any] = field(default_factory=dict)
    boot_mode: str | None = None
    """`bios` or `uefi` as the machine reports it; None when its BMC cannot say."""
    secure_boot: bool | None = None
    disable_power_off: bool = False
    """The machine must never be switched off: it is rebooted instead."""
    health: str | None = None
    inspection_started_at: datetime | None = None
    inspection_finished_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def in_state(self, state: State, moment: datetime) -> "Node":
        """The node gone into a provision state at `moment`, which an inspection notes for itself."""
        moved = replace(self, provision_state=state, provision_updated_at=moment)
        if state is State.INSPECTING and self.provision_state is not State.INSPECT_WAIT:
            return replace(moved, inspection_started_at=moment, inspection_finished_at=None)
        if self.provision_state in _INSPECTION and state not in _INSPECTION:
            finished = moment if state is State.MANAGEABLE else None
            return replace(moved, inspection_started_at=None, inspection_finished_at=finished)
        return moved

    def with_internal(self, **changes: Any) -> "Node":
        """The node with `driver_internal_info` changed; a value of None removes the key."""
        merged = {**self.driver_internal_info, **changes}
        kept = {key: value for key, value in merged.items() if value is not None}
        return replace(self, driver_internal_info=kept)

    def without_agent(self) -> "Node":
        """The node with its agent forgotten: address, token, certificate, last heartbeat."""
        internal = self.driver_internal_info
        kept = {key: value for key, value in internal.items() if not key.startswith("agent_")}
        return replace(self, driver_internal_info=kept)

    def named_by_instance_info(self) -> "Node":
        """The node with `instance_name` as `instance_info.display_name` says."""
        name = self.instance_info.get("display_name")
        return replace(self, instance_name=name[:255] if isinstance(name, str) else None)

    @property
    def wanted_boot_mode(self) -> str | None:
        """`bios` or `uefi` as `properties.capabilities` asks for; None when it does not say."""
        return self.capabilities.get("boot_mode")

    @property
    def capabilities(self) -> Mapping[str, str]:
        """`properties.capabilities` (`a:b,c:d`) as a mapping."""
        text = str(self.properties.get("capabilities") or "")
        pairs = (item.partition(":") for item in text.split(",") if ":" in item)
        return {key.strip(): value.strip() for key, _, value in pairs}
