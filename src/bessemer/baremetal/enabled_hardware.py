"""Knobs of the bare metal room: which hardware types and interfaces are served."""

from pydantic import BaseModel, ConfigDict, Field

from bessemer.baremetal.domain.node import InterfaceKind

Names = tuple[str, ...]


class EnabledHardware(BaseModel):
    """Part of section `[baremetal]`.

    A node's default interface of a kind is `default_<kind>_interface` when that is set; else the
    first that its hardware type prefers among the enabled ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled_hardware_types: Names = Field(
        ("ipmi", "fake-hardware"), min_length=1, description="drivers that nodes may have"
    )
    enabled_bios_interfaces: Names = Field(
        ("no-bios", "fake"), min_length=1, description="bios interfaces that nodes may have"
    )
    enabled_boot_interfaces: Names = Field(
        ("ipxe", "pxe", "http-ipxe", "http", "fake"),
        min_length=1,
        description="boot interfaces that nodes may have",
    )
    enabled_console_interfaces: Names = Field(
        ("ipmitool-socat", "no-console", "fake"),
        min_length=1,
        description="console interfaces that nodes may have",
    )
    enabled_deploy_interfaces: Names = Field(
        ("direct", "ramdisk", "bootc", "custom-agent", "anaconda", "iscsi", "noop", "fake"),
        min_length=1,
        description="deploy interfaces that nodes may have",
    )
    autodetect_deploy_interfaces: Names = Field(
        ("ramdisk", "bootc", "direct"),
        min_length=1,
        description="deploy interfaces that `autodetect` chooses from, the most wanted first",
    )
    enabled_firmware_interfaces: Names = Field(
        ("no-firmware", "fake"), min_length=1, description="firmware interfaces that nodes may have"
    )
    enabled_inspect_interfaces: Names = Field(
        ("agent", "no-inspect", "fake"),
        min_length=1,
        description="inspect interfaces that nodes may have",
    )
    enabled_management_interfaces: Names = Field(
        ("ipmitool", "noop", "fake"),
        min_length=1,
        description="management interfaces that nodes may have",
    )
    enabled_network_interfaces: Names = Field(
        ("neutron", "noop"),
        min_length=1,
        description="network interfaces that nodes may have; hardware types prefer `flat`, so who "
        "adds that beside others should set default_network_interface, too",
    )
    enabled_power_interfaces: Names = Field(
        ("ipmitool", "agent", "fake"),
        min_length=1,
        description="power interfaces that nodes may have",
    )
    enabled_raid_interfaces: Names = Field(
        ("no-raid", "agent", "fake"),
        min_length=1,
        description="raid interfaces that nodes may have",
    )
    enabled_rescue_interfaces: Names = Field(
        ("no-rescue", "agent", "fake"),
        min_length=1,
        description="rescue interfaces that nodes may have",
    )
    enabled_storage_interfaces: Names = Field(
        ("noop", "cinder", "external", "fake"),
        min_length=1,
        description="storage interfaces that nodes may have",
    )
    enabled_vendor_interfaces: Names = Field(
        ("ipmitool", "no-vendor", "fake"),
        min_length=1,
        description="vendor interfaces that nodes may have",
    )
    default_bios_interface: str | None = Field(
        None, description="bios interface of nodes that name none"
    )
    default_boot_interface: str | None = Field(
        None, description="boot interface of nodes that name none"
    )
    default_console_interface: str | None = Field(
        None, description="console interface of nodes that name none"
    )
    default_deploy_interface: str | None = Field(
        None, description="deploy interface of nodes that name none"
    )
    default_firmware_interface: str | None = Field(
        None, description="firmware interface of nodes that name none"
    )
    default_inspect_interface: str | None = Field(
        None, description="inspect interface of nodes that name none"
    )
    default_management_interface: str | None = Field(
        None, description="management interface of nodes that name none"
    )
    default_network_interface: str | None = Field(
        None, description="network interface of nodes that name none"
    )
    default_power_interface: str | None = Field(
        None, description="power interface of nodes that name none"
    )
    default_raid_interface: str | None = Field(
        None, description="raid interface of nodes that name none"
    )
    default_rescue_interface: str | None = Field(
        None, description="rescue interface of nodes that name none"
    )
    default_storage_interface: str | None = Field(
        "noop", description="storage interface of nodes that name none"
    )
    default_vendor_interface: str | None = Field(
        None, description="vendor interface of nodes that name none"
    )

    def enabled_interfaces(self) -> dict[InterfaceKind, Names]:
        """Per kind, what is enabled."""
        return {kind: getattr(self, f"enabled_{kind}_interfaces") for kind in InterfaceKind}

    def default_interfaces(self) -> dict[InterfaceKind, str]:
        """Per kind, the default; kinds without one are left out."""
        every = {kind: getattr(self, f"default_{kind}_interface") for kind in InterfaceKind}
        return {kind: name for kind, name in every.items() if name is not None}
