"""Ansible's collection openstack.cloud, by playbooks as operators write them, against our API."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.compat.environment import environment
from tests.live_server import serving

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

PLAYBOOKS = Path(__file__).with_name("ansible")
CLOUDS_YAML = """
clouds:
  bessemer:
    auth_type: none
    endpoint: {url}
    baremetal_endpoint_override: {url}
"""
PATIENCE_S = 300


@pytest.fixture(scope="module")
def programs():
    return environment("ansible")


@pytest.fixture
async def playbook(programs, tmp_path):
    """Runs one; what its tasks assert is what the test asserts."""

    async def run(name: str, *more: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *(programs / "ansible-playbook", PLAYBOOKS / name, *more),
            *("--inventory", "localhost,"),
            *("--extra-vars", f"ansible_python_interpreter={programs / 'python'}"),
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "LC_ALL": "C.UTF-8",
                "OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert process.returncode == 0, out.decode()

    async with a_cloud(tmp_path) as cloud:
        services = baremetal_services(cloud.desk)
        async with serving(application(services, noauth())) as url:
            (tmp_path / "clouds.yaml").write_text(CLOUDS_YAML.format(url=url))
            yield run


async def test_a_rack_is_described_once_and_lives_its_life(playbook):
    """The second run takes the vendor away that the BMC told in between, as it does from Ironic."""
    for changes in (["node", "port", "template"], ["node"], []):
        await playbook("enrolment.yaml", "--extra-vars", json.dumps({"changes": changes}))
    await playbook("life.yaml")
