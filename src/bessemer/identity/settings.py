"""Every knob of the identity room."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

NO_TIME: Final = timedelta(0)


class IdentitySettings(BaseModel):
    """Section `[identity]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    admin_user: str = Field("admin", description="name of the first administrator")
    admin_project: str = Field(
        "admin",
        description="name of the first project; its administrators administer the deployment",
    )
    service_project: str = Field(
        "service", description="name of the project whose role service acts for the deployment"
    )
    region: str = Field("RegionOne", description="region name in the catalogue")
    token_lifetime: timedelta = Field(
        timedelta(hours=12), gt=NO_TIME, description="how long a token is valid"
    )
