"""Cobbler CVE-2021-40323, CVE-2021-40324, CVE-2021-40325: text that machines sent became templates, file
names of theirs were written to, and settings changed without rights. What a machine reports is text,
is kept in the database alone, and no request changes settings."""

import json
import re

import pytest
from tests.unit.baremetal.api_rows import OPERATORS, RAMDISK

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store import blobs
from bessemer.baremetal.store.blobs import Blob

MAC = "52:54:00:00:00:77"
EVIL = (
    "{{ 7 * 7 }}",
    "{% include '/etc/passwd' %}",
    "#set $x = __import__('os')",
    "${7*7}",
    "\n2026-01-01 00:00:00 [error] forged\r\x1b[31m",
)
NAMES = ("../../../../tmp/owned", "/tmp/owned", "..\\owned", "secret.key")


def files(folder):
    return {each for each in folder.rglob("*") if each.is_file()}


@pytest.mark.parametrize("text", EVIL)
async def test_what_machines_report_stays_text_and_names_no_file(cloud, tmp_path, text):
    node = await cloud.enrol(name="n1")
    await cloud.add_port(node["uuid"], MAC)
    await cloud.put_in_state(node["uuid"], State.INSPECT_WAIT)
    before = files(tmp_path)
    nic = {"name": text, "mac_address": MAC, "product": text}
    report = {
        "inventory": {"interfaces": [nic], "hostname": text, "system_vendor": {"note": text}},
        "logs": text,
        **dict.fromkeys(NAMES, text),
    }
    answer = await cloud.ramdisk.post(f"/v1/continue_inspection?node_uuid={node['uuid']}", report)
    assert answer.status == 202, answer.content
    async with cloud.desk.reading() as connection:
        kept = await blobs.find(connection, node["uuid"], Blob.INSPECTION)
    assert json.loads(kept)["inventory"]["interfaces"][0]["product"] == text
    assert files(tmp_path) == before


def test_no_request_changes_settings():
    written = [row.path for row in (*OPERATORS, *RAMDISK) if row.method != "GET"]
    assert len(written) > 50
    assert not [path for path in written if re.search("setting|config|reload|upload", path)]
