"""Knobs of the bare metal room: the volume service of storage interface `cinder`."""

from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr


class CinderSettings(BaseModel):
    """Section `[baremetal.cinder]`: where Cinder is, and who we are there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    auth_url: HttpUrl = Field(
        description="the identity API, with its version: https://host:5000/v3"
    )
    username: str = Field("bessemer", description="our own user there")
    password: SecretStr = Field(description="our own user's password")
    user_domain_name: str = Field("Default", description="domain of our own user")
    project_name: str = Field("service", description="project that our own user logs in to")
    project_domain_name: str = Field("Default", description="domain of that project")
    url: HttpUrl | None = Field(
        None,
        description="the volume API, with version and project: https://host:8776/v3/<project id>; "
        "by default the public one of the identity service's catalogue",
    )
    region: str | None = Field(
        None, description="region of the catalogue's volume API; by default any"
    )
    ca_file: Path | None = Field(
        None, description="certificates that vouch for both; by default the system's"
    )
    timeout: timedelta = Field(
        timedelta(seconds=60), gt=timedelta(0), description="longest time that an answer may take"
    )
