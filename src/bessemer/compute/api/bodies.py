"""Request bodies of the Compute API v2.1; unknown fields are refused, as upstream does."""

import base64
import binascii
from typing import Annotated, Any

import msgspec

from bessemer.compute.domain.server import NetworkRequest
from bessemer.errors import Invalid

MAX_USER_DATA = 65535
"""Characters of base64, as upstream."""

Word = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""What people and programs will compare and print: no control characters."""
Prose = Annotated[str, msgspec.Meta(max_length=65535, pattern=r"^[^\x00]*$")]
"""PostgreSQL keeps no NUL."""
Decimals = Annotated[str, msgspec.Meta(max_length=16, pattern=r"^[0-9]+(\.[0-9]+)?$")]
FlavorId = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[A-Za-z0-9. _-]*$")]


class NetworkItem(msgspec.Struct, forbid_unknown_fields=True):
    """One element of `networks`."""

    uuid: str | None = None
    port: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


class NewServer(msgspec.Struct, forbid_unknown_fields=True):
    """`server` of `POST /servers`. Fields that change nothing on bare metal are named below."""

    name: str
    flavor: str = msgspec.field(name="flavorRef")
    image: str = msgspec.field(name="imageRef", default="")
    networks: list[NetworkItem] | str | None = None
    key_name: str | None = None
    user_data: str | None = None
    config_drive: bool | str | None = None
    metadata: dict[str, str] = {}
    tags: list[str] = []
    availability_zone: str | None = None
    hypervisor_hostname: str | None = None
    hostname: str | None = None
    description: str | None = None
    min_count: int | str = 1
    max_count: int | str | None = None
    return_reservation_id: bool = False
    block_device_mapping_v2: list[dict[str, Any]] = []
    security_groups: list[dict[str, str]] = []
    disk_config: str | None = msgspec.field(name="OS-DCF:diskConfig", default=None)
    """Accepted: bare metal images fill the disk by themselves."""


class NewServerBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /servers`. Scheduler hints are accepted; no filter of ours looks at them."""

    server: NewServer
    hints: dict[str, Any] = msgspec.field(name="os:scheduler_hints", default={})
    old_hints: dict[str, Any] = msgspec.field(name="OS-SCH-HNT:scheduler_hints", default={})


class ServerChange(msgspec.Struct, forbid_unknown_fields=True):
    """`server` of `PUT /servers/{id}`."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    hostname: str | msgspec.UnsetType = msgspec.UNSET
    disk_config: str | msgspec.UnsetType = msgspec.field(
        name="OS-DCF:diskConfig", default=msgspec.UNSET
    )


class ServerChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `PUT /servers/{id}`."""

    server: ServerChange


class NewFlavor(msgspec.Struct, forbid_unknown_fields=True):
    """`flavor` of `POST /flavors`."""

    name: Word
    ram: int | str
    vcpus: int | str
    disk: int | str
    id: FlavorId | int | None = None
    ephemeral: int | str = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    swap: int | str = 0
    rxtx_factor: float | Decimals = 1.0
    is_public: bool = msgspec.field(name="os-flavor-access:is_public", default=True)
    description: Prose | None = None


class NewFlavorBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /flavors`."""

    flavor: NewFlavor


class FlavorChange(msgspec.Struct, forbid_unknown_fields=True):
    """`flavor` of `PUT /flavors/{id}` [2.55]."""

    description: Prose | None


class FlavorChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `PUT /flavors/{id}`."""

    flavor: FlavorChange


ExtraSpecs = dict[Word, Word | int | float]
"""Body of `PUT /flavors/{id}/os-extra_specs/{key}`: that key alone."""


class ExtraSpecsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /flavors/{id}/os-extra_specs`."""

    extra_specs: ExtraSpecs


class NewKeyPair(msgspec.Struct, forbid_unknown_fields=True):
    """`keypair` of `POST /os-keypairs`."""

    name: str
    public_key: str | None = None
    type: str = "ssh"
    user_id: str | None = None


class NewKeyPairBody(msgspec.Struct, forbid_unknown_fields=True):
    """Body of `POST /os-keypairs`."""

    keypair: NewKeyPair


def user_data_of(text: str | None) -> bytes | None:
    """Raises Invalid for what is too long or no base64."""
    if text is None:
        return None
    if len(text) > MAX_USER_DATA:
        raise Invalid(f"user_data is longer than {MAX_USER_DATA} characters of base64.")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("user_data must be base64.") from error


def flag_of(value: bool | str | None) -> bool:
    """`config_drive` may come as a boolean or as text. Raises Invalid."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if value.lower() in ("true", "1", "yes", "on"):
        return True
    if value.lower() in ("false", "0", "no", "off", ""):
        return False
    raise Invalid(f"config_drive is neither true nor false: {value[:40]!r}.")


def number_of(value: int | str, name: str, least: int) -> int:
    """A whole number, which may come as text. Raises Invalid."""
    text = str(value)
    if not text.isascii() or not text.isdigit() or int(text) < least or len(text) > 9:
        raise Invalid(f"{name} must be a whole number from {least} on: {text[:40]!r}.")
    return int(text)


def network_of(item: NetworkItem) -> NetworkRequest:
    """Raises Invalid for what we cannot do."""
    if item.fixed_ip is not None:
        raise Invalid(
            "networks.fixed_ip is not offered: make a port with that address "
            "(openstack port create --fixed-ip) and ask for the port."
        )
    if item.port is None and item.uuid is None:
        raise Invalid("Each of networks needs a uuid or a port.")
    return NetworkRequest(item.uuid or "", item.port, item.tag)
