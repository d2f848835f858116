"""Knobs of the bare metal room: sensors that are read again and again."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

_NO_TIME: Final = timedelta(0)


class SensorDataSettings(BaseModel):
    """Section `[baremetal.sensor_data]`; names and defaults as in Ironic's `[sensor_data]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send_sensor_data: bool = Field(
        False, description="read the sensors of each conductor's nodes and keep the last readings"
    )
    interval: timedelta = Field(
        timedelta(minutes=10), gt=_NO_TIME, description="pause between two rounds"
    )
    wait_timeout: timedelta = Field(
        timedelta(minutes=5),
        gt=_NO_TIME,
        description="longest time of a round; the next one begins with those that were left out",
    )
    workers: int = Field(4, ge=1, description="BMCs that are read at the same time")
    enable_for_undeployed_nodes: bool = Field(
        False, description="also of nodes that carry no instance"
    )
    data_types: tuple[str, ...] = Field(
        ("ALL",), min_length=1, description="kinds of sensors that are kept, as Temperature or Fan"
    )
