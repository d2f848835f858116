"""Knobs of the bare metal room: machines that nobody enrolled, and that report themselves."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class AutoDiscoverySettings(BaseModel):
    """Section `[baremetal.auto_discovery]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(
        False,
        description="enrol machines that no node has a NIC of when their inspection ramdisk "
        "reports, and boot that ramdisk on whatever unknown machine asks the ramdisk listener",
    )
    driver: str = Field(
        "", description="driver of nodes enrolled so; it must have inspect interface `agent`"
    )
    inspection_scope: str | None = Field(
        None,
        min_length=1,
        max_length=255,
        description="properties.inspection_scope of nodes enrolled so: inspection rules of this "
        "`scope` apply to them, beside those without one",
    )
    most_waiting: int = Field(
        100,
        ge=1,
        description="no further machine is enrolled while this many nodes of the driver are in "
        "state `enroll`",
    )

    @model_validator(mode="after")
    def _names_a_driver(self) -> "AutoDiscoverySettings":
        if self.enabled and not self.driver:
            raise ValueError("auto_discovery.enabled needs auto_discovery.driver")
        return self
