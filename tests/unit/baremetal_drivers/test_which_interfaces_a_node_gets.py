"""Composition: the hardware type, what is enabled, what the operator prefers, what the node names."""

from pathlib import Path
from typing import Any

import pytest
from tests.baremetal_task import MemoryMachines, a_node

from bessemer.baremetal.api.node_documents import without_former_interfaces
from bessemer.baremetal.domain.node import InterfaceKind as Kind
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.catalogue import registry
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.interfaces.registry import Registry
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import ConfigurationError, Invalid

ALL = ("ipmi", "manual-management", "fake-hardware")


def composed(**settings: Any) -> Registry:
    """The real registry; nothing of the other rooms is called by composing."""
    no_room: Any = None
    chosen = BareMetalSettings(**{"enabled_hardware_types": ALL, **settings})
    means = AgentClient(), IpmiClients(chosen), MemoryMachines()
    return registry(chosen, no_room, no_room, *means, Path("unused"))


@pytest.mark.parametrize("driver", ALL)
def test_every_kind_gets_an_interface_that_serves_the_node(driver: str) -> None:
    hardware = composed()
    names = hardware.compose(driver, {})
    assert set(names) == set(Kind)
    served = hardware.interfaces_of(a_node(driver=driver))
    assert all(served.of(kind).kind is kind for kind in Kind)


@pytest.mark.parametrize(
    ("driver", "kind", "name"),
    [
        ("ipmi", Kind.POWER, "ipmitool"),
        ("ipmi", Kind.MANAGEMENT, "ipmitool"),
        ("ipmi", Kind.BIOS, "no-bios"),
        ("ipmi", Kind.INSPECT, "agent"),
        ("ipmi", Kind.STORAGE, "noop"),
        ("manual-management", Kind.MANAGEMENT, "noop"),
        ("manual-management", Kind.POWER, "agent"),
        ("manual-management", Kind.VENDOR, "no-vendor"),
        ("fake-hardware", Kind.BIOS, "fake"),
        ("fake-hardware", Kind.NETWORK, "noop"),
        ("fake-hardware", Kind.STORAGE, "noop"),
    ],
)
def test_without_a_word_a_node_gets_what_its_type_wants_most(
    driver: str, kind: Kind, name: str
) -> None:
    assert composed().compose(driver, {})[kind] == name


def test_what_is_not_enabled_is_passed_over() -> None:
    hardware = composed(enabled_management_interfaces=("noop", "fake"))
    assert hardware.compose("ipmi", {})[Kind.MANAGEMENT] == "noop"
    with pytest.raises(Invalid, match=r"management interface 'ipmitool'.* possible: noop\."):
        hardware.compose("ipmi", {Kind.MANAGEMENT: "ipmitool"})


def test_the_order_is_that_of_the_type_not_of_the_settings() -> None:
    hardware = composed(enabled_management_interfaces=("noop", "fake", "ipmitool"))
    assert hardware.compose("ipmi", {})[Kind.MANAGEMENT] == "ipmitool"


def test_the_operators_default_counts_more_than_the_types() -> None:
    hardware = composed(default_network_interface="noop")
    assert hardware.compose("ipmi", {})[Kind.NETWORK] == "noop"
    assert hardware.compose("ipmi", {Kind.NETWORK: "neutron"})[Kind.NETWORK] == "neutron"


def test_flat_where_it_is_enabled_comes_first_unless_the_operator_says_otherwise() -> None:
    every = ("flat", "neutron", "noop")
    assert composed().compose("ipmi", {})[Kind.NETWORK] == "neutron"
    assert composed(enabled_network_interfaces=every).compose("ipmi", {})[Kind.NETWORK] == "flat"
    chosen = composed(enabled_network_interfaces=every, default_network_interface="neutron")
    assert chosen.compose("ipmi", {})[Kind.NETWORK] == "neutron"


def test_real_hardware_never_gets_a_fake() -> None:
    hardware = composed()
    for kind in Kind:
        if kind is not Kind.NETWORK:
            with pytest.raises(Invalid, match=f"{kind} interface 'fake'"):
                hardware.compose("ipmi", {kind: "fake"})


def test_a_new_driver_takes_the_former_interfaces_only_where_they_fit() -> None:
    hardware = composed()
    former = hardware.compose("ipmi", {})
    with pytest.raises(
        Invalid, match=r"manual-management does not support \w+ interface 'ipmitool"
    ):
        hardware.compose("manual-management", former)
    kept = hardware.compose("fake-hardware", former)
    assert kept == former
    patched = a_node(driver="ipmi", interfaces=former)
    changes = {"driver": "manual-management", "deploy_interface": "direct"}
    reset = without_former_interfaces(patched, changes)
    assert set(reset.interfaces) == {Kind.DEPLOY}
    assert hardware.compose("manual-management", reset.interfaces)[Kind.POWER] == "agent"
    with pytest.raises(Invalid, match="reset_interfaces"):
        without_former_interfaces(patched, {"deploy_interface": "direct"})


def test_fake_hardware_takes_whatever_is_enabled() -> None:
    names = {Kind.POWER: "ipmitool", Kind.BOOT: "ipxe", Kind.RAID: "no-raid"}
    assert {*composed().compose("fake-hardware", names).items()} >= {*names.items()}
    with pytest.raises(Invalid, match="boot interface 'ipxe'"):
        composed(
            enabled_hardware_types=["fake-hardware"], enabled_boot_interfaces=["fake"]
        ).compose("fake-hardware", names)


def test_a_driver_that_is_not_enabled_is_refused_with_those_that_are() -> None:
    with pytest.raises(Invalid, match=r"driver 'ipmi'; enabled: fake-hardware\."):
        composed(enabled_hardware_types=["fake-hardware"]).compose("ipmi", {})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"enabled_hardware_types": ["ilo"]}, r"enabled_hardware_types names 'ilo'.*possible: "),
        ({"enabled_boot_interfaces": ["tape"]}, "enabled_boot_interfaces names 'tape'"),
        ({"enabled_power_interfaces": ["fake"]}, "ipmi is enabled without any power interface"),
        ({"default_boot_interface": "fake"}, "default_boot_interface is 'fake', which hardware"),
        ({"default_bios_interface": "none"}, "default_bios_interface is 'none'"),
    ],
)
def test_settings_that_do_not_go_together_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        composed(**settings)


def test_what_is_offered_is_what_is_registered() -> None:
    hardware = composed()
    offers = list(hardware.offers())
    power = [o for o in offers if (o.hardware_type, o.interface_type) == ("ipmi", "power")]
    assert [(o.interface_name, o.position, o.is_default) for o in power] == [("ipmitool", 0, True)]
    defaults = [(o.hardware_type, o.interface_type) for o in offers if o.is_default]
    assert len(defaults) == len(set(defaults)) == len(ALL) * len(Kind)
