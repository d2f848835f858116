"""Foreman CVE-2021-20256, -20259, -3413, CVE-2019-3893, CVE-2018-1097: the BMC's password came back in
answers to reads, power calls and deletions, one after the other. It is a type of its own here: no
answer of any kind shows it to anybody, not even to who set it."""

import pytest

from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.domain.secret import Secret

HUSH = "hush-hush"
KEYS = ("ipmi_password", "redfish_password", "snmp_auth_key", "snmp_priv_key", "snmp_community")
CALLS = (
    ("GET", "", None),
    ("GET", "?fields=driver_info", None),
    ("GET", "/states", None),
    ("GET", "/validate", None),
    ("PATCH", "", [{"op": "add", "path": "/extra/a", "value": 1}]),
    ("PATCH", "", [{"op": "add", "path": "/driver_info/redfish_password", "value": HUSH}]),
    ("PATCH", "", [{"op": "replace", "path": "/driver_info/none", "value": HUSH}]),
    ("PUT", "/maintenance", {"reason": "x"}),
    ("PUT", "/states/power", {"target": "power on"}),
    ("PUT", "/states/provision", {"target": "inspect"}),
    ("GET", "/management/boot_device", None),
    ("DELETE", "", None),
)


@pytest.mark.parametrize("persona", ["system admin", "owner admin"])
async def test_no_call_answers_with_the_bmcs_credentials(tenancy, persona):
    info = {key: Secret(HUSH) for key in KEYS}
    await tenancy.cloud.put_in_state(tenancy.node, State.ENROLL, driver_info=info)
    for method, path, body in CALLS:
        url = f"/v1/nodes/{tenancy.node}{path}"
        answer = await tenancy.by(persona).request(method, url, body)
        assert HUSH not in answer.content.decode(), (method, path)
        assert answer.status < 500
