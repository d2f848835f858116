"""Knobs of the bare metal room: installers in the agent's place, deploy interface `anaconda`."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

_NO_TIME: Final = timedelta(0)


class AnacondaSettings(BaseModel):
    """Part of section `[baremetal]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    anaconda_default_ks_template: Path | None = Field(
        None,
        description="kickstart template of deploy interface `anaconda` for instances that name "
        "none; by default one that installs on all disks",
    )
    anaconda_install_timeout: timedelta = Field(
        timedelta(hours=2),
        gt=_NO_TIME,
        description="longest silence of an installer once it has reported its start",
    )
    anaconda_power_off_timeout: timedelta = Field(
        timedelta(minutes=5),
        gt=_NO_TIME,
        description="wait for an installer's own power-off, from its end on, before the BMC's",
    )
