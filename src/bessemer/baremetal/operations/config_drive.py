"""Config drives as the API takes them: built already, behind a URL, or as an object to build from."""

import base64
import binascii
import gzip
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from bessemer.errors import Invalid
from bessemer.json_types import Json

_LABEL: Final = "config-2"
_FILES: Final = {
    "meta_data": "meta_data.json",
    "network_data": "network_data.json",
    "vendor_data": "vendor_data2.json",
}


def config_drive(given: Json) -> str:
    """As it is kept: base64 of gzip of ISO 9660, or an HTTP(S) URL. Raises Invalid."""
    if isinstance(given, Mapping):
        return base64.b64encode(gzip.compress(_iso_image(_contents(given)), mtime=0)).decode()
    if not isinstance(given, str) or not given:
        raise Invalid("configdrive must be a string or an object.")
    if not given.startswith(("http://", "https://")):
        _check_built(given)
    return given


def _check_built(given: str) -> None:
    """Only its beginning is looked at: enough to catch what cannot be a config drive."""
    try:
        begins = base64.b64decode(given[:4], validate=True)
    except (binascii.Error, ValueError):
        begins = b""
    if not begins.startswith(b"\x1f\x8b"):
        raise Invalid("configdrive is neither base64 of gzip nor an HTTP(S) URL.")


def _contents(given: Mapping[str, Json]) -> dict[str, bytes]:
    unknown = sorted(set(given) - {*_FILES, "user_data"})
    if unknown:
        raise Invalid(f"configdrive has unknown parts: {', '.join(name[:80] for name in unknown)}.")
    files = {}
    for part, file in _FILES.items():
        value = given.get(part)
        if value is not None and not isinstance(value, Mapping):
            raise Invalid(f"configdrive/{part} must be an object.")
        if value is not None or part == "meta_data":
            files[file] = json.dumps(value or {}).encode()
    if given.get("user_data") is not None:
        files["user_data"] = _user_data(given["user_data"])
    return files


def _user_data(value: Json) -> bytes:
    """An object becomes JSON; a string that is base64 is decoded, any other is taken as it is."""
    if isinstance(value, Mapping):
        return json.dumps(value).encode()
    if not isinstance(value, str):
        raise Invalid("configdrive/user_data must be a string or an object.")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()


def _iso_image(files: Mapping[str, bytes]) -> bytes:
    """ISO 9660 with Joliet and Rock Ridge names; files below `openstack/latest`."""
    import pycdlib  # a big library, loaded only where it is used

    iso: Any = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=_LABEL)
    iso.add_directory("/OPENSTAC", rr_name="openstack", joliet_path="/openstack")
    iso.add_directory("/OPENSTAC/LATEST", rr_name="latest", joliet_path="/openstack/latest")
    for number, (name, data) in enumerate(sorted(files.items())):
        iso.add_fp(
            io.BytesIO(data),
            len(data),
            f"/OPENSTAC/LATEST/FILE{number:04}.;1",
            rr_name=name,
            joliet_path=f"/openstack/latest/{name}",
        )
    written = io.BytesIO()
    iso.write_fp(written)
    iso.close()
    return written.getvalue()
