"""Metal3 CVE-2024-31463: in reverse proxy mode the API listened on the host, too, where nobody asked for
the password. Whoever comes from loopback, or by a proxy of the same host, must log in all the same."""

import bcrypt
import pytest
from tests.api.security.test_who_may_do_what import rows_of, url_of
from tests.asgi import AsgiClient

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.web.authentication import Authenticate, by_token
from bessemer.web.basic_authentication import by_password_file
from bessemer.web.dispatch import application
from bessemer.web.routes import Access

PROXIED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;host=localhost",
    "X-Forwarded-Host": "localhost",
    "Host": "localhost:6385",
}


def by_password(folder) -> Authenticate:
    file = folder / "htpasswd"
    file.write_text("admin:" + bcrypt.hashpw(b"good", bcrypt.gensalt(4)).decode())
    return by_password_file(file)


def by_keystone(_folder) -> Authenticate:
    async def nobodys(_token: str) -> None:
        return None

    return by_token(nobodys)


@pytest.mark.parametrize("strategy", [by_password, by_keystone])
@pytest.mark.parametrize("headers", [{}, PROXIED], ids=["direct", "by proxy"])
async def test_nobody_is_let_in_for_coming_from_the_same_host(tenancy, tmp_path, strategy, headers):
    services = baremetal_services(tenancy.cloud.desk)
    api = AsgiClient(application(services, strategy(tmp_path)), headers)
    for row in rows_of(tenancy):
        if row.access is not Access.PUBLIC:
            answer = await api.request(row.method, url_of(row, tenancy), None)
            assert answer.status == 401, (row.method, row.path)
