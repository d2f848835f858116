"""The config drive: what cloud-init reads on first boot, as an ISO 9660 image named `config-2`.

Layout as Nova writes it (nova doc, "Metadata service and config drives"): `openstack/latest/…`.
"""

import base64
import gzip
import io
import json
from collections.abc import Mapping
from typing import Final

from bessemer.compute.domain.server import Server
from bessemer.json_types import JsonObject

LABEL: Final = "config-2"
FOLDER: Final = ("openstack", "latest")


def meta_data(server: Server, random_seed: bytes) -> JsonObject:
    """`meta_data.json`. `random_seed`: 512 fresh bytes for the machine's entropy pool."""
    document: dict[str, object] = {
        "uuid": server.id,
        "name": server.name,
        "hostname": server.hostname,
        "availability_zone": server.availability_zone,
        "launch_index": server.launch_index,
        "project_id": server.project_id,
        "meta": dict(server.metadata),
        "random_seed": base64.b64encode(random_seed).decode(),
        "devices": [],
        "dedicated_cpus": [],
    }
    if server.key is not None:
        document["public_keys"] = {server.key.name: server.key.public_key}
        document["keys"] = [{"name": server.key.name, "type": "ssh", "data": server.key.public_key}]
    return document


def contents(
    server: Server, network: JsonObject, user_data: bytes | None, random_seed: bytes
) -> Mapping[str, bytes]:
    """The files of `openstack/latest` by name."""
    files = {
        "meta_data.json": _json(meta_data(server, random_seed)),
        "network_data.json": _json(network),
        "vendor_data.json": _json({}),
        "vendor_data2.json": _json({}),
    }
    return files if user_data is None else files | {"user_data": user_data}


def iso_image(files: Mapping[str, bytes]) -> bytes:
    """An ISO 9660 image with Joliet and Rock Ridge names, label `config-2`."""
    import pycdlib  # a big library, loaded only where it is used

    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    short = long = ""
    for folder in FOLDER:
        short, long = f"{short}/{folder.upper()[:8]}", f"{long}/{folder}"
        iso.add_directory(short, rr_name=folder, joliet_path=long)
    for number, (name, data) in enumerate(sorted(files.items())):
        iso.add_fp(
            io.BytesIO(data),
            len(data),
            f"{short}/FILE{number:04}.;1",
            rr_name=name,
            joliet_path=f"{long}/{name}",
        )
    written = io.BytesIO()
    iso.write_fp(written)
    iso.close()
    return written.getvalue()


def packed(image: bytes) -> str:
    """As the bare metal API takes it: base64 of gzip of ISO 9660."""
    return base64.b64encode(gzip.compress(image, mtime=0)).decode()


def _json(document: JsonObject) -> bytes:
    return json.dumps(document).encode()
