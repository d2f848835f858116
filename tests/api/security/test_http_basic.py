"""`http_basic`: bcrypt passwords of a file, and closed whenever the file is not what it should be."""

import base64

import bcrypt
import pytest
from tests.asgi import AsgiClient

from bessemer.errors import ConfigurationError
from bessemer.web.authentication import Authenticate
from bessemer.web.basic_authentication import by_password_file
from bessemer.web.dispatch import application
from bessemer.web.routes import Call, Reply, Route, Service

CHEAP = 4


def line(name: str, password: str) -> str:
    return f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(CHEAP)).decode()}\n"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "htpasswd"
    made.write_text("# operators\n\n" + line("ada", "päss:word") + line("bob", "other"))
    return made


def client(authenticate: Authenticate) -> AsgiClient:
    async def whoami(call: Call) -> Reply:
        context = call.context
        return Reply([context.user_name, context.system_scope, sorted(context.roles)])

    route = Route("GET", "/me", whoami, "test:me")
    service = Service("test", "", (route,), lambda _status, error, _context: {"is": error.message})
    return AsgiClient(application([service], authenticate))


async def test_a_user_of_the_file_administers_the_system(file):
    answer = await client(by_password_file(file)).get(
        "/me", Authorization=basic("ada", "päss:word")
    )
    assert answer.json == ["ada", True, ["admin", "manager", "member", "reader"]]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"ada").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        basic("ada", "other"),
        basic("eve", "other"),
        basic("ada", ""),
        basic("", ""),
        basic("ada", "päss:word\0"),
        basic("ada", "x" * 5000),
        basic("ADA", "päss:word"),
        "Bearer " + base64.b64encode("ada:päss:word".encode()).decode(),
    ],
)
async def test_everybody_else_is_challenged(file, header):
    headers = {} if header is None else {"Authorization": header}
    answer = await client(by_password_file(file)).get("/me", **headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Baremetal API"'


async def test_what_htpasswd_cuts_off_a_long_password_does_not_count(tmp_path):
    file = tmp_path / "htpasswd"
    file.write_text(line("ada", "x" * 72))
    answer = await client(by_password_file(file)).get("/me", Authorization=basic("ada", "x" * 90))
    assert answer.status == 200


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "names no user"),
        ("# nobody\n", "names no user"),
        ("ada\n", "line 1"),
        ("ada:plaintext\n", "line 1"),
        ("ada:$apr1$abcdefgh$0123456789012345678901\n", "line 1"),
        ("ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n", "line 1"),
        ("ada:$2y$05$tooshort\n", "line 1"),
        ("ada:$2y$31$" + "a" * 53 + "\n", "line 1"),
        (":$2y$05$" + "a" * 53 + "\n", "line 1"),
    ],
)
def test_a_file_that_is_not_one_prevents_the_start(tmp_path, content, words):
    file = tmp_path / "htpasswd"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=words) as refused:
        by_password_file(file)
    assert "plaintext" not in refused.value.message
    assert "authentication.htpasswd_file" in refused.value.message


@pytest.mark.parametrize("make", [lambda _file: None, lambda file: file.mkdir()])
def test_a_file_that_cannot_be_read_prevents_the_start(tmp_path, make):
    make(tmp_path / "htpasswd")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        by_password_file(tmp_path / "htpasswd")


@pytest.mark.parametrize("spoil", [lambda f: f.unlink(), lambda f: f.write_text("ada:x\n")])
async def test_a_file_that_goes_bad_lets_nobody_in(file, spoil):
    api = client(by_password_file(file))
    good = basic("ada", "päss:word")
    assert (await api.get("/me", Authorization=good)).status == 200
    spoil(file)
    answer = await api.get("/me", Authorization=good)
    assert answer.status == 503
    assert "password file" in answer.json["is"]


async def test_a_user_taken_out_of_the_file_is_out_at_once(file):
    api = client(by_password_file(file))
    assert (await api.get("/me", Authorization=basic("ada", "päss:word"))).status == 200
    file.write_text(line("bob", "another"))
    assert (await api.get("/me", Authorization=basic("ada", "päss:word"))).status == 401
    assert (await api.get("/me", Authorization=basic("bob", "another"))).status == 200
