"""How this server logs in to another cloud's services: its account, and whose certificates it trusts."""

import ssl
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from bessemer.errors import ConfigurationError
from bessemer.json_types import JsonObject


class ServiceAccount(Protocol):
    """A user with a password, and the project that it acts in."""

    @property
    def username(self) -> str: ...
    @property
    def password(self) -> SecretStr: ...
    @property
    def user_domain_name(self) -> str: ...
    @property
    def project_name(self) -> str: ...
    @property
    def project_domain_name(self) -> str: ...


def password_login(mine: ServiceAccount) -> JsonObject:
    """The body of `POST /v3/auth/tokens` (Identity API v3, password authentication, scoped)."""
    user = {
        "name": mine.username,
        "domain": {"name": mine.user_domain_name},
        "password": mine.password.get_secret_value(),
    }
    project = {"name": mine.project_name, "domain": {"name": mine.project_domain_name}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": {"project": project}}}


def trusted(ca_file: Path | None, setting: str) -> ssl.SSLContext:
    """The certificates of `ca_file`, else the system's. Raises ConfigurationError."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigurationError(f"{setting}: {ca_file} cannot be used: {error}.") from error
