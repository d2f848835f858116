"""Every knob of the bare metal room."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from bessemer.baremetal.enabled_hardware import EnabledHardware
from bessemer.baremetal.hardware_settings import HardwareSettings

NO_TIME: Final = timedelta(0)


class RamdiskNetworks(BaseModel):
    """Names or ids of the infrastructure networks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provisioning: str = Field("provisioning", description="network that deploys run on")
    cleaning: str = Field("cleaning", description="network that cleaning runs on")
    inspection: str = Field("inspection", description="network that inspection runs on")
    rescuing: str = Field("provisioning", description="network that a rescue ramdisk boots on")
    servicing: str = Field("provisioning", description="network that servicing runs on")


class BareMetalSettings(EnabledHardware, HardwareSettings):
    """Section `[baremetal]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    networks: RamdiskNetworks = RamdiskNetworks()
    conductor_group: str = Field("", description="this conductor serves nodes of this group only")
    deploy_kernel: str = Field(
        "", description="kernel of the deploy ramdisk: a path (driver_info.deploy_kernel wins)"
    )
    deploy_ramdisk: str = Field(
        "", description="initramfs of the deploy ramdisk: a path (driver_info.deploy_ramdisk wins)"
    )
    ramdisk_console: str = Field("ttyS0", description="console= of the ramdisk's kernel")
    ramdisk_kernel_params: str = Field("", description="further kernel parameters, space-separated")
    ramdisk_port: int = Field(6386, ge=1, le=65535, description="TCP port of the ramdisk listener")
    automated_clean: bool = Field(True, description="clean nodes on `provide` and after deletion")
    clean_step_priority_override: dict[str, int] = Field(
        default_factory=dict,
        description="priorities of automated clean steps by `interface.step`; 0 leaves one out",
    )
    verify_step_priority_override: dict[str, int] = Field(
        default_factory=dict,
        description="priorities of verify steps by `interface.step`; 0 leaves one out",
    )
    disallow_clean_steps: tuple[str, ...] = Field(
        (), description="steps, as `interface.step`, that nobody may ask for in a cleaning"
    )
    disallow_deploy_steps: tuple[str, ...] = Field(
        (), description="steps, as `interface.step`, that nobody may ask for in a deploy"
    )
    disallow_service_steps: tuple[str, ...] = Field(
        (), description="steps, as `interface.step`, that nobody may ask for in a service"
    )
    disallowed_deployment_boot_modes: tuple[str, ...] = Field(
        (), description="boot modes (`bios`, `uefi`) in which nothing may be deployed"
    )
    max_concurrent_deploy: int = Field(
        250, ge=1, description="nodes deployed at once; further ones wait for their turn"
    )
    max_concurrent_clean: int = Field(
        50, ge=1, description="nodes cleaned at once; further ones wait for their turn"
    )
    allow_provisioning_in_maintenance: bool = Field(
        True, description="whether nodes in maintenance may be cleaned and made available"
    )
    default_boot_mode: str = Field(
        "bios", pattern="^(bios|uefi)$", description="boot mode of nodes that state none"
    )
    default_portgroup_mode: str = Field(
        "active-backup",
        min_length=1,
        max_length=255,
        description="bonding mode of port groups that state none",
    )
    image_url_lifetime: timedelta = Field(
        timedelta(minutes=20), gt=NO_TIME, description="how long a temporary image URL is valid"
    )
    deploy_callback_timeout: timedelta = Field(
        timedelta(minutes=30),
        gt=NO_TIME,
        description="longest silence of the agent during a deploy",
    )
    clean_callback_timeout: timedelta = Field(
        timedelta(minutes=30),
        gt=NO_TIME,
        description="longest silence of the agent during cleaning",
    )
    rescue_callback_timeout: timedelta = Field(
        timedelta(minutes=30),
        gt=NO_TIME,
        description="longest silence of the agent during a rescue",
    )
    service_callback_timeout: timedelta = Field(
        timedelta(minutes=30),
        gt=NO_TIME,
        description="longest silence of the agent during servicing",
    )
    inspection_rules_file: str = Field(
        "", description="YAML file of inspection rules that apply besides those of the API"
    )
    inspection_rule_api_calls: bool = Field(
        False,
        description="let inspection rules get URLs (api-call), from the service's own network",
    )
    inspect_wait_timeout: timedelta = Field(
        timedelta(minutes=30), gt=NO_TIME, description="longest wait for inspection data"
    )
    heartbeat_timeout: timedelta = Field(
        timedelta(minutes=5),
        gt=NO_TIME,
        description="told to the agent: it heartbeats at 0.3 to 0.6 of this",
    )
    agent_lost_after: timedelta = Field(
        timedelta(seconds=45),
        gt=NO_TIME,
        description="an agent at work that answers no request for this long counts as dead",
    )
    agent_poll_interval: timedelta = Field(
        timedelta(seconds=1),
        ge=NO_TIME,
        description="pause between looks at a working agent's progress",
    )
    soft_power_off_timeout: timedelta = Field(
        timedelta(seconds=30),
        gt=NO_TIME,
        description="wait for the agent's own power-off before the BMC's",
    )
    power_state_change_timeout: timedelta = Field(
        timedelta(seconds=60),
        gt=NO_TIME,
        description="wait for the BMC to report the state it was told to take",
    )
    switch_timeout: timedelta = Field(
        timedelta(seconds=60), gt=NO_TIME, description="wait for a switch to read back a change"
    )
    allocation_patience: timedelta = Field(
        timedelta(seconds=30),
        ge=NO_TIME,
        description="how long an allocation waits for nodes that would do but are being worked on",
    )
    sync_power_state_interval: timedelta = Field(
        timedelta(seconds=120),
        gt=NO_TIME,
        description="pause between looks at each node's real power state",
    )
    conductor_heartbeat_interval: timedelta = Field(
        timedelta(seconds=10), gt=NO_TIME, description="how often a conductor says that it is alive"
    )
    conductor_heartbeat_timeout: timedelta = Field(
        timedelta(seconds=60), gt=NO_TIME, description="a conductor silent for this long is dead"
    )
    lease_duration: timedelta = Field(
        timedelta(seconds=30),
        gt=NO_TIME,
        description="how long a worker owns a node without renewing",
    )
    ipmi_command_timeout: timedelta = Field(
        timedelta(seconds=20), gt=NO_TIME, description="longest run of one ipmitool command"
    )
    ipmi_retry_timeout: timedelta = Field(
        timedelta(seconds=60),
        gt=NO_TIME,
        description="how long a silent or busy BMC is tried again",
    )
    ipmi_min_command_interval: timedelta = Field(
        timedelta(0), ge=NO_TIME, description="pause between two commands to one BMC"
    )
