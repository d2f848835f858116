"""What is true of every plug-in, of whatever kind and name."""

import pytest
from tests.baremetal_task import MemoryMachines
from tests.contract.baremetal.plugin_contract import check_plugin

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.drivers.catalogue import FAKE, fake_registry
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.settings import BareMetalSettings

EVERY = tuple(fake_registry(BareMetalSettings(), MemoryMachines()).plugins_offered(FAKE.name))


@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: type(plugin).__name__)
def test_a_plugin_says_what_it_needs_and_what_its_steps_take(plugin: Plugin) -> None:
    check_plugin(plugin)


def test_there_is_one_of_every_kind() -> None:
    assert {plugin.kind for plugin in EVERY} == set(InterfaceKind)
