"""Agents on loopback, and a client."""

from datetime import timedelta

import pytest
from tests.integration.baremetal_agent.loopback_agent import LoopbackAgent, a_certificate

from bessemer.baremetal.drivers.agent.client import AgentClient


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return a_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def other_certificate(tmp_path_factory):
    return a_certificate(tmp_path_factory.mktemp("other"))


@pytest.fixture
def agent(certificate):
    agent = LoopbackAgent(certificate).start()
    yield agent
    agent.die()


@pytest.fixture
async def client():
    client = AgentClient(answer_within=timedelta(seconds=2), command_within=timedelta(seconds=3))
    yield client
    await client.close()
