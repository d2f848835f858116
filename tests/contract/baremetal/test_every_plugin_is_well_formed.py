"""What is true of every plug-in, of whatever kind and name."""

from pathlib import Path
from typing import Any

import pytest
from tests.baremetal_task import MemoryMachines
from tests.contract.baremetal.plugin_contract import check_plugin

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import FAKE, registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.settings import BareMetalSettings

NO_ROOM: Any = None
"""Nothing here gets as far as asking another room."""
REGISTRY = registry(
    BareMetalSettings(),
    NO_ROOM,
    NO_ROOM,
    AgentClient(),
    IpmiClients(BareMetalSettings()),
    MemoryMachines(),
    Path("unused"),
)
EVERY = tuple(REGISTRY.plugins_offered(FAKE.name))


@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: type(plugin).__name__)
def test_a_plugin_says_what_it_needs_and_what_its_steps_take(plugin: Plugin) -> None:
    check_plugin(plugin)


def test_there_is_one_of_every_kind() -> None:
    assert {plugin.kind for plugin in EVERY} == set(InterfaceKind)
