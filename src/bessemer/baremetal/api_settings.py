"""Knobs of the bare metal room: its API."""

from pydantic import BaseModel, ConfigDict, Field


class ApiSettings(BaseModel):
    """Section `[baremetal.api]`; names as in Ironic's `[api]`. Sizes are in KiB."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_limit: int = Field(
        1000, ge=1, description="most objects in one page of a list, also when no limit is asked"
    )
    max_json_body_size: int = Field(
        1024, ge=4, description="largest body of a request, in KiB; beyond it 413"
    )
    max_json_body_size_provision: int = Field(
        65536, ge=4, description="the same of provisioning verbs, which may bring a config drive"
    )
    max_json_body_size_inspection: int = Field(
        16384, ge=4, description="the same of what an inspection ramdisk reports"
    )
    restrict_lookup: bool = Field(
        True,
        description="whether only nodes that await their ramdisk can be looked up; false lets "
        "anybody on the provisioning network ask about all",
    )
    enable_ramdisk_endpoints: bool = Field(
        False,
        description="serve lookup, heartbeat and continue_inspection on the operators' port, too; "
        "machines need no login for these",
    )
