"""Tells a cloud what is in a rack: networks, flavor, image, nodes and their first NICs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bessemer_lab.demo.api import BAREMETAL, COMPUTE, IMAGE, NETWORK, Api
from bessemer_lab.enrolment import Enrolment, enrolment_of
from bessemer_lab.rack import Rack

IMAGE_NAME: Final = "debian"


async def enrol(api: Api, rack: Rack, image: Path) -> list[str]:
    """Send all of it; the nodes' uuids. What is there already, by name, is left as it is."""
    wanted = enrolment_of(rack)
    await _networks(api, wanted)
    await _image(api, image)
    await _flavor(api, wanted.flavor)
    return [await _node(api, node.node, node.ports) for node in wanted.nodes]


async def _networks(api: Api, wanted: Enrolment) -> None:
    present = {each["name"] for each in (await api.get(f"{NETWORK}/networks"))["networks"]}
    for network in wanted.networks:
        if network.network["name"] in present:
            continue
        made = await api.post(f"{NETWORK}/networks", {"network": network.network})
        subnet = {**network.subnet, "network_id": made["network"]["id"]}
        await api.post(f"{NETWORK}/subnets", {"subnet": subnet})


async def _image(api: Api, file: Path) -> None:
    if (await api.get(f"{IMAGE}/images?name={IMAGE_NAME}"))["images"]:
        return
    body = {
        "name": IMAGE_NAME,
        "disk_format": "qcow2",
        "container_format": "bare",
        "visibility": "public",
    }
    made = await api.post(f"{IMAGE}/images", body)
    await api.upload(f"{IMAGE}/images/{made['id']}/file", file)


async def _flavor(api: Api, flavor: Mapping[str, Any]) -> None:
    present = {each["name"] for each in (await api.get(f"{COMPUTE}/flavors"))["flavors"]}
    if flavor["name"] in present:
        return
    specs = flavor["extra_specs"]
    body = {key: value for key, value in flavor.items() if key != "extra_specs"}
    made = await api.post(f"{COMPUTE}/flavors", {"flavor": body})
    path = f"{COMPUTE}/flavors/{made['flavor']['id']}/os-extra_specs"
    await api.post(path, {"extra_specs": specs})


async def _node(api: Api, node: Mapping[str, Any], ports: tuple[Mapping[str, Any], ...]) -> str:
    present = (await api.get(f"{BAREMETAL}/nodes"))["nodes"]
    for each in present:
        if each["name"] == node["name"]:
            found: str = each["uuid"]
            return found
    made = await api.post(f"{BAREMETAL}/nodes", node)
    for port in ports:
        await api.post(f"{BAREMETAL}/ports", {**port, "node_uuid": made["uuid"]})
    uuid: str = made["uuid"]
    return uuid
