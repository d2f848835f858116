"""Ironic CVE-2026-54423: by raw IPMI commands owners reprogrammed BMCs. Passthru is for the system's
administrators, whatever the method."""

import pytest


@pytest.mark.parametrize(
    "persona", ["owner admin", "owner manager", "lessee admin", "system member", "system service"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_passthru_is_for_the_systems_administrators(tenancy, persona, method):
    path = "/v1/nodes/rented/vendor_passthru?method=send_raw"
    answer = await tenancy.by(persona).request(method, path, {"raw_bytes": "0x00 0x01"})
    assert answer.status == 403
