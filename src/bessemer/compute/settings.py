"""Every knob of the compute room."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

NO_TIME: Final = timedelta(0)


class ComputeSettings(BaseModel):
    """Section `[compute]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    availability_zone: str = Field("nova", description="name of the one availability zone")
    sweep_interval: timedelta = Field(
        timedelta(seconds=10),
        gt=NO_TIME,
        description="pause between looks for work whose nudge was lost",
    )
    max_schedule_attempts: int = Field(
        3, ge=1, description="how many nodes are tried for one request before it fails"
    )
    default_network: str | None = Field(
        None,
        description="network of requests that say `auto` or name none; unset: they are refused",
    )
    force_config_drive: bool = Field(
        True, description="give every server a config drive (there is no metadata service)"
    )
    soft_power_off_timeout: timedelta = Field(
        timedelta(seconds=60),
        gt=NO_TIME,
        description="wait for a server to stop by itself before power is cut",
    )
    max_step_tries: int = Field(
        9,
        ge=1,
        description="how often a build step is tried when a fault may pass by itself: 9 times in a "
        "minute and a half, longer than a process that died keeps a node locked",
    )
    worker_name: str | None = Field(
        None, description="name under which this process holds work; by default the host's name"
    )
