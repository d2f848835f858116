"""The `no-*` plug-ins: every order is refused by name, and there is no step to ask for."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.baremetal_task import MemoryTask, a_node

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.drivers.none.bios import NoBios
from bessemer.baremetal.drivers.none.console import NoConsole
from bessemer.baremetal.drivers.none.firmware import NoFirmware
from bessemer.baremetal.drivers.none.inspect import NoInspect
from bessemer.baremetal.drivers.none.management import NoopManagement
from bessemer.baremetal.drivers.none.raid import NoRaid
from bessemer.baremetal.drivers.none.rescue import NoRescue
from bessemer.baremetal.drivers.none.vendor import NoVendor
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.baremetal.interfaces.plugin import Plugin, Unsupported
from bessemer.errors import Invalid

NONE: list[Plugin] = [
    NoBios(),
    NoConsole(),
    NoFirmware(),
    NoInspect(),
    NoRaid(),
    NoRescue(),
    NoVendor(),
]
ORDERS: list[Callable[[MemoryTask], Any]] = [
    lambda task: NoBios().apply_configuration(task, []),
    lambda task: NoBios().factory_reset(task),
    lambda task: NoBios().cache_bios_settings(task),
    lambda task: NoConsole().start_console(task.node),
    lambda task: NoConsole().stop_console(task.node),
    lambda task: NoConsole().get_console(task.node),
    lambda task: NoFirmware().update(task, []),
    lambda task: NoFirmware().cache_firmware_components(task),
    lambda task: NoInspect().wait_for_data(task),
    lambda task: NoInspect().process_data(task),
    lambda task: NoRaid().create_configuration(task),
    lambda task: NoRaid().delete_configuration(task),
    lambda task: NoRaid().apply_configuration(task, {}),
    lambda task: NoRescue().rescue(task),
    lambda task: NoRescue().unrescue(task),
]


def a_node_without(plugin: Plugin) -> Node:
    return a_node(driver="ipmi", interfaces={plugin.kind: f"no-{plugin.kind}"})


@pytest.mark.parametrize("plugin", NONE, ids=lambda plugin: plugin.kind.value)
def test_a_node_is_told_that_it_has_none(plugin: Plugin) -> None:
    node = a_node_without(plugin)
    with pytest.raises(Unsupported) as refused:
        plugin.validate(node, ())
    assert f"{plugin.kind} interface 'no-{plugin.kind}' of driver ipmi" in refused.value.message
    assert node.uuid in refused.value.message


@pytest.mark.parametrize("plugin", NONE, ids=lambda plugin: plugin.kind.value)
def test_there_is_no_step_that_anybody_could_ask_for(plugin: Plugin) -> None:
    assert [facts.name for facts in plugin.steps().values() if facts.phases] == []


@pytest.mark.parametrize("order", ORDERS)
async def test_every_order_is_refused(order: Callable[[MemoryTask], Any]) -> None:
    with pytest.raises(Unsupported, match="does not support"):
        await order(MemoryTask(a_node()))


async def test_nothing_has_to_be_cleaned_up_after_no_rescue() -> None:
    await NoRescue().clean_up(MemoryTask(a_node()))


def test_no_raid_takes_no_wish() -> None:
    with pytest.raises(Unsupported, match="RAID"):
        NoRaid().validate_raid_config(a_node(), {"logical_disks": []})


async def test_noop_management_lets_the_machine_find_its_way() -> None:
    node, management = a_node(), NoopManagement()
    management.validate(node, ())
    for device in management.supported_boot_devices(node):
        await management.set_boot_device(node, device, persistent=True)
    assert await management.get_boot_device(node) == (None, None)
    with pytest.raises(Invalid, match="possible: pxe, disk"):
        await management.set_boot_device(node, BootDevice.CDROM, persistent=False)


OTHER_TALKS: list[Callable[[ManagementInterface, Node], Any]] = [
    lambda management, node: management.get_boot_mode(node),
    lambda management, node: management.set_boot_mode(node, "uefi"),
    lambda management, node: management.get_secure_boot(node),
    lambda management, node: management.set_secure_boot(node, True),
    lambda management, node: management.get_sensors_data(node),
    lambda management, node: management.inject_nmi(node),
    lambda management, node: management.get_supported_indicators(node),
    lambda management, node: management.get_indicator_state(node, "system", "led"),
    lambda management, node: management.set_indicator_state(node, "system", "led", "on"),
    lambda management, node: management.detect_vendor(node),
    lambda management, node: management.get_mac_addresses(node),
    lambda management, node: management.get_node_health(node),
    lambda management, node: management.get_virtual_media(node),
    lambda management, node: management.attach_virtual_media(node, "cdrom", "http://a/b"),
    lambda management, node: management.detach_virtual_media(node, []),
]


@pytest.mark.parametrize("talk", OTHER_TALKS)
async def test_noop_management_says_what_it_cannot_do(
    talk: Callable[[ManagementInterface, Node], Any],
) -> None:
    with pytest.raises(Unsupported, match="management interface of driver fake-hardware"):
        await talk(NoopManagement(), a_node())
