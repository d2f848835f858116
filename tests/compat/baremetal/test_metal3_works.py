"""The requests of Metal3's baremetal-operator, by its own client library gophercloud, against our API."""

import asyncio
import os
from pathlib import Path

import bcrypt
import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.compat.go import program
from tests.live_server import serving

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.web.authentication import noauth
from bessemer.web.basic_authentication import by_password_file
from bessemer.web.dispatch import application

SOURCE = Path(__file__).with_name("metal3") / "operator.go"
USER, PASSWORD = "metal3", "a pass:word"
PATIENCE_S = 300


@pytest.fixture(scope="module")
def operator():
    return program(SOURCE)


async def life_of_a_host(operator: Path, url: str, *credentials: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(operator, f"{url}/v1/", *credentials),
        env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert (process.returncode, err.decode()) == (0, "")
    assert out.decode() == "the host's life is over\n"


async def test_without_authentication(operator, tmp_path):
    async with a_cloud(tmp_path) as cloud:
        services = baremetal_services(cloud.desk)
        async with serving(application(services, noauth())) as url:
            await life_of_a_host(operator, url)


async def test_with_http_basic(operator, tmp_path):
    users = tmp_path / "htpasswd"
    users.write_text(f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n")
    async with a_cloud(tmp_path) as cloud:
        services = baremetal_services(cloud.desk)
        async with serving(application(services, by_password_file(users))) as url:
            await life_of_a_host(operator, url, USER, PASSWORD)
