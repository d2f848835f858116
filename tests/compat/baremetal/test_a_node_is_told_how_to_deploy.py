"""The command lines of the deploy interfaces, as users type them, against the real hardware types."""

import pytest
from tests.api.baremetal.cloud import a_cloud
from tests.live_server import openstack, serving
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.api.operators import baremetal_services
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application

CLOUDS_YAML = """
clouds:
  bessemer:
    auth_type: none
    endpoint: {url}
    baremetal_endpoint_override: {url}
"""


@pytest.fixture
async def run(tmp_path):
    def hardware(settings, machines):
        clients = AgentClient(), IpmiClients(settings)
        return registry(settings, SomeNetworks(), SomeImages(), *clients, machines, tmp_path)

    async with a_cloud(tmp_path, hardware) as cloud:
        services = baremetal_services(cloud.desk)
        async with serving(application(services, noauth())) as url:
            config = tmp_path / "clouds.yaml"
            config.write_text(CLOUDS_YAML.format(url=url))

            async def baremetal(*arguments):
                return await openstack(config, "baremetal", *arguments)

            yield baremetal


async def test_direct_and_iscsi_by_creation_and_by_change(run):
    json = ("-f", "json")
    for name in ("direct", "iscsi"):
        made = await run("node", "create", "--driver", "ipmi", "--deploy-interface", name, *json)
        assert made["deploy_interface"] == name
    node = await run("node", "create", "--driver", "ipmi", *json)
    assert node["deploy_interface"] == "direct"
    await run("node", "set", node["uuid"], "--deploy-interface", "iscsi")
    assert (await run("node", "show", node["uuid"], *json))["deploy_interface"] == "iscsi"
