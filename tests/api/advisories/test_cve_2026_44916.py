"""Ironic CVE-2026-44916 (OSSA-2026-012): templates of users were rendered on the server, which ran what was
in them. What a user says of an instance is no template here, and arrives as it is (kickstart files are
templates, of which values and conditions alone are let through)."""

import base64
import gzip

import pytest

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store import blobs
from bessemer.baremetal.store.blobs import Blob

TEXTS = (
    "{{ 7 * 7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${7*7}",
    "<% 7*7 %>",
    "%(password)s {0.__class__}",
)


@pytest.mark.parametrize("text", TEXTS)
async def test_what_a_user_gives_the_instance_arrives_as_it_is(cloud, text):
    node = await cloud.enrol(name="n1", instance_info={"display_name": text}, extra={"note": text})
    await cloud.put_in_state(node["uuid"], State.AVAILABLE)
    drive = {"meta_data": {"hostname": text}, "user_data": f"#!/bin/sh\n# {text}\n"}
    url, body = "/v1/nodes/n1/states/provision", {"target": "active", "configdrive": drive}
    assert (await cloud.client.put(url, body)).status == 202
    async with cloud.desk.reading() as connection:
        kept = await blobs.find(connection, node["uuid"], Blob.CONFIG_DRIVE)
    assert f"# {text}\n".encode() in gzip.decompress(base64.b64decode(kept))
    shown = (await cloud.client.get("/v1/nodes/n1")).json
    assert (shown["extra"]["note"], shown["instance_info"]["display_name"]) == (text, text)
