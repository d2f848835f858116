"""Cobbler CVE-2024-47533: a secret that could not be read became a constant that let everybody in.
Whatever is wrong with the password file, or with Keystone, nobody gets in."""

import base64

import bcrypt
import pytest
from tests.api.security.test_external_keystone import settings

from bessemer.context import new_request_id
from bessemer.errors import BessemerError, ConfigurationError, Unauthorized
from bessemer.web.authentication import by_token
from bessemer.web.basic_authentication import by_password_file
from bessemer.web.keystone import Keystone

GUESSES = ("", ":", "admin:", "admin:-1", "-1:-1", "admin:None", "admin:admin", ":\x00")


def headers(guess: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(guess.encode()).decode()}


@pytest.mark.parametrize("content", [None, "", "\n", "admin:\n", "admin:-1\n"])
def test_without_a_good_file_there_is_no_start(tmp_path, content):
    file = tmp_path / "htpasswd"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError):
        by_password_file(file)


@pytest.mark.parametrize("guess", GUESSES)
async def test_a_file_that_vanishes_lets_nobody_in(tmp_path, guess):
    file = tmp_path / "htpasswd"
    file.write_text("admin:" + bcrypt.hashpw(b"good", bcrypt.gensalt(4)).decode())
    authenticate = by_password_file(file)
    with pytest.raises(Unauthorized):
        await authenticate(headers(guess), new_request_id())
    file.unlink()
    with pytest.raises(BessemerError):
        await authenticate(headers("admin:good"), new_request_id())


@pytest.mark.parametrize("token", ["", "-1", "None", "admin"])
async def test_a_keystone_that_is_away_lets_nobody_in(token):
    keystone = Keystone(settings("http://127.0.0.1:9"))
    with pytest.raises(BessemerError):
        await by_token(keystone.validate)({"X-Auth-Token": token}, new_request_id())
    await keystone.close()
