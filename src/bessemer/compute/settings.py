"""Every knob of the compute room."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class ComputeSettings(BaseModel):
    """Section `[compute]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    availability_zone: str = Field("nova", description="name of the one availability zone")
    sweep_interval: timedelta = Field(
        timedelta(seconds=10), description="pause between looks for work whose nudge was lost"
    )
    max_schedule_attempts: int = Field(
        3, ge=1, description="how many nodes are tried for one request before it fails"
    )
