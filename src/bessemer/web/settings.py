"""Every knob of authentication, and of web pages that use the API."""

from datetime import timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    field_validator,
    model_validator,
)

NO_TIME: Final = timedelta(0)

_VERSIONS: Final = (
    "OpenStack-API-Version",
    "X-OpenStack-Ironic-API-Version",
    "X-OpenStack-Nova-API-Version",
)
SENT: Final = ("Content-Type", "X-Auth-Token", "If-Match", "X-OpenStack-Request-ID", *_VERSIONS)
EXPOSED: Final = (
    "ETag",
    "Location",
    "X-OpenStack-Request-ID",
    "X-Subject-Token",
    "X-OpenStack-Ironic-API-Minimum-Version",
    "X-OpenStack-Ironic-API-Maximum-Version",
    *_VERSIONS,
)


class KeystoneSettings(BaseModel):
    """Section `[authentication.keystone]`: the external Keystone, and who we are there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: HttpUrl = Field(description="the identity API, with its version: https://host:5000/v3")
    username: str = Field("bessemer", description="our own user there, who validates tokens")
    password: SecretStr = Field(description="our own user's password")
    user_domain_name: str = Field("Default", description="domain of our own user")
    project_name: str = Field("service", description="project that our own user logs in to")
    project_domain_name: str = Field(
        "Default", description="domain of that project, and of the two below"
    )
    admin_project: str = Field(
        "",
        description="administrators of this project administer all bare metal; empty: those with "
        "system scope only",
    )
    service_project: str = Field(
        "service", description="project whose role service acts for the deployment"
    )
    ca_file: Path | None = Field(None, description="certificates to trust instead of the system's")
    timeout: timedelta = Field(
        timedelta(seconds=10), gt=NO_TIME, description="longest wait for an answer"
    )
    cache_time: timedelta = Field(
        timedelta(seconds=60),
        ge=NO_TIME,
        le=timedelta(hours=1),
        description="how long a validated token is believed without asking again",
    )


class CorsSettings(BaseModel):
    """Section `[cors]`, in the words of oslo.middleware."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allowed_origin: tuple[str, ...] = Field(
        (),
        description="web sites whose pages may use the API, as scheme://host:port; `*` for all, "
        "with tokens only",
    )
    allow_credentials: bool = Field(
        True, description="whether these pages may send what the browser remembers of a user"
    )
    expose_headers: tuple[str, ...] = Field(
        EXPOSED, description="headers of replies that these pages may read"
    )
    max_age: timedelta = Field(
        timedelta(hours=1), ge=NO_TIME, description="how long a browser need not ask again"
    )
    allow_methods: tuple[str, ...] = Field(
        ("GET", "PUT", "POST", "DELETE", "PATCH"), description="methods that these pages may use"
    )
    allow_headers: tuple[str, ...] = Field(SENT, description="headers that these pages may send")

    @field_validator("allowed_origin")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for each in given:
            parts = urlsplit(each)
            if each != "*" and each != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(
                    f"{each!r} is no origin: give scheme, host and port alone, as "
                    "https://horizon.example.org"
                )
        return given


class AuthenticationSettings(BaseModel):
    """Section `[authentication]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: Literal["noauth", "http_basic", "identity", "keystone"] = Field(
        "noauth",
        description="noauth (loopback only), users of htpasswd_file, tokens of the embedded "
        "identity service, or of an external Keystone",
    )
    allow_noauth_anywhere: bool = Field(
        False, description="permit noauth on an address that others can reach"
    )
    htpasswd_file: Path | None = Field(
        None, description="for http_basic: users and bcrypt hashes, as `htpasswd -B` writes them"
    )
    keystone: KeystoneSettings | None = Field(None, description="for keystone")
    legacy_admin: bool = Field(
        False,
        description="for identity and keystone: the role admin on whatever project administers "
        "compute, network, image and identity, as in OpenStack without system scope; false: only "
        "system scope and the administrators' project do",
    )

    @model_validator(mode="after")
    def _complete(self) -> "AuthenticationSettings":
        if self.strategy == "http_basic" and self.htpasswd_file is None:
            raise ValueError("strategy is http_basic: set htpasswd_file to its password file")
        if self.strategy == "keystone" and self.keystone is None:
            raise ValueError("strategy is keystone: set keystone.url and keystone.password")
        return self
