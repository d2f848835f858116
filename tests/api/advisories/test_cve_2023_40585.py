"""Metal3 CVE-2023-40585: behind its proxy Ironic's API answered to everybody. Each row of the table
that is not public, asked without a token, is a 401: also by other spellings of its path."""

import pytest
from tests.api.security.test_who_may_do_what import rows_of, url_of

from bessemer.web.routes import Access


async def test_no_row_answers_without_a_token(tenancy):
    rows = [row for row in rows_of(tenancy) if row.access is not Access.PUBLIC]
    assert len(rows) > 100
    for row in rows:
        for prefix in ("", "/baremetal"):
            url = prefix + url_of(row, tenancy)
            answer = await tenancy.by("nobody").request(row.method, url, None)
            assert answer.status == 401, (row.method, url)


@pytest.mark.parametrize(
    "path", ["//v1/nodes", "/v1//nodes", "/V1/nodes", "/v1/nodes/", "/v1/./nodes", "/x/../v1/nodes"]
)
async def test_no_other_spelling_gets_around(tenancy, path):
    assert (await tenancy.by("nobody").get(path)).status in {307, 401, 404}
