"""Every knob in one tree; nothing else reads the environment or a file.

Sources, the stronger first: flags of `bessemer serve`, the environment (`BESSEMER_SERVER__PORT=…`),
the TOML file (`--config`, else `BESSEMER_CONFIG`, else /etc/bessemer/bessemer.toml if there).
Each room's section lives in the room's own `settings.py`.
"""

import ipaddress
import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bessemer.baremetal.settings import BareMetalSettings
from bessemer.compute.settings import ComputeSettings
from bessemer.db.settings import DatabaseSettings
from bessemer.errors import ConfigurationError
from bessemer.identity.settings import IdentitySettings
from bessemer.image.settings import ImageSettings
from bessemer.network.settings import NetworkSettings
from bessemer.roles import Role
from bessemer.web.settings import AuthenticationSettings, CorsSettings

PREFIX: Final = "BESSEMER_"
DEFAULT_FILE = Path("/etc/bessemer/bessemer.toml")


class ServerSettings(BaseModel):
    """Section `[server]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: tuple[Role, ...] = Field(
        tuple(Role),
        min_length=1,
        description="what this process does, of api, conductor, compute, network, image, identity",
    )
    host: str = Field("127.0.0.1", description="address of the operators' API")
    port: int = Field(6385, ge=0, le=65535, description="TCP port of the operators' API")
    state_directory: Path = Field(
        Path("/var/lib/bessemer"), description="database, images, boot files, secrets"
    )
    network_namespace: str | None = Field(
        None, description="after binding the API, move into this network namespace (ip-netns(8))"
    )
    role_lease_duration: timedelta = Field(
        timedelta(seconds=30),
        gt=timedelta(0),
        description="how long roles that one process has at a time (compute, network, image, a "
        "conductor's name) stay with a process that died on another host",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level"
    )
    log_format: Literal["console", "json"] = Field("console", description="how log lines look")


class BusSettings(BaseModel):
    """Section `[bus]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr | None = Field(
        None,
        description="RabbitMQ as amqp(s)://user:password@host:port/vhost; without it messages stay "
        "within the process",
    )


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    bus: BusSettings = BusSettings()
    authentication: AuthenticationSettings = AuthenticationSettings()
    cors: CorsSettings = CorsSettings()
    identity: IdentitySettings = IdentitySettings()
    image: ImageSettings = ImageSettings()
    network: NetworkSettings = NetworkSettings()
    compute: ComputeSettings = ComputeSettings()
    baremetal: BareMetalSettings = BareMetalSettings()

    @model_validator(mode="after")
    def _noauth_stays_on_loopback(self) -> "Settings":
        safe = self.authentication.allow_noauth_anywhere or _is_loopback(self.server.host)
        if self.authentication.strategy == "noauth" and not safe:
            raise ValueError(
                f"authentication.strategy is noauth, but server.host is {self.server.host}: anybody "
                "who reaches that address would own every machine. Set authentication.strategy to "
                "identity, or server.host to 127.0.0.1, or (if you must) "
                "authentication.allow_noauth_anywhere to true"
            )
        return self

    @model_validator(mode="after")
    def _not_every_page_is_an_administrator(self) -> "Settings":
        strategy = self.authentication.strategy
        if "*" in self.cors.allowed_origin and strategy in {"noauth", "http_basic"}:
            raise ValueError(
                f"cors.allowed_origin is *, but authentication.strategy is {strategy}: any page in "
                "an operator's browser would own every machine. Name the sites, or set "
                "authentication.strategy to identity"
            )
        return self

    @model_validator(mode="after")
    def _roles_reach_each_other(self) -> "Settings":
        roles = set(self.server.roles)
        if roles != set(Role) and self.bus.url is None:
            elsewhere = ", ".join(role for role in Role if role not in roles)
            raise ValueError(
                f"server.roles leaves {elsewhere} to other processes, but without bus.url nobody "
                "reaches these. Set bus.url to a RabbitMQ, or leave server.roles out"
            )
        if (Role.NETWORK in roles) != (Role.IMAGE in roles):
            raise ValueError(
                "server.roles must have network and image together: machines fetch images from "
                "the address of the network that they boot on"
            )
        return self

    @property
    def database_url(self) -> str:
        """The database's URL with the default filled in."""
        return self.database.url or f"sqlite+aiosqlite:///{self.server.state_directory}/bessemer.db"


def load_settings(file: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Read every source once. Raises ConfigurationError that names the setting and the remedy."""
    _refuse_unknown_variables(os.environ)
    values = _read_file(file)

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[Any, ...]:
            return (init_settings, env_settings, lambda: values)

    try:
        return Sourced(**(flags or {}))
    except ValidationError as error:
        raise ConfigurationError(_in_words(error)) from error
    except SettingsError as error:  # a section given as text: BESSEMER_SERVER=x
        raise ConfigurationError(
            f"The environment's BESSEMER_… variables cannot be read: {error}. Name single settings, "
            "as in BESSEMER_SERVER__PORT=6385."
        ) from error


def _refuse_unknown_variables(names: Iterable[str]) -> None:
    """A misspelt section would be passed over in silence; misspelt settings pydantic refuses."""
    for name in sorted(name for name in names if name.upper().startswith(PREFIX)):
        section = name.upper().removeprefix(PREFIX).partition("__")[0]
        known = section.lower() in Settings.model_fields
        if not (known or section == "CONFIG" or section.startswith("LAB")):
            raise ConfigurationError(
                f"The environment's {name}: there is no section {section.lower()!r}; there are "
                f"{', '.join(Settings.model_fields)}. Settings are named as BESSEMER_SERVER__PORT."
            )


def _read_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        if not DEFAULT_FILE.exists():
            return {}
        file = DEFAULT_FILE
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError as error:
        raise ConfigurationError(f"The settings file {file} does not exist.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"The settings file {file} cannot be read: {error}.") from error


def _in_words(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"]) or "settings"
        if item["type"] == "extra_forbidden":
            lines.append(f"{name}: there is no such setting; `bessemer settings` lists them all.")
        else:
            lines.append(f"{name}: {item['msg'].removeprefix('Value error, ')}.")
    return "\n".join(lines)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
