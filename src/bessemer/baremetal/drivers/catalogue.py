"""The hardware types, and the plug-ins that this conductor runs for them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bessemer.baremetal.domain.node import InterfaceKind as Kind
from bessemer.baremetal.drivers.agent.autodetect import AutodetectDeploy
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.custom_deploy import CustomAgentDeploy
from bessemer.baremetal.drivers.agent.inspect import AgentInspect
from bessemer.baremetal.drivers.agent.raid import AgentRaid
from bessemer.baremetal.drivers.agent.rescue import AgentRescue
from bessemer.baremetal.drivers.anaconda.deploy import AnacondaDeploy
from bessemer.baremetal.drivers.bootc.deploy import BootcDeploy
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.drivers.fake.bios import FakeBios
from bessemer.baremetal.drivers.fake.boot import FakeBoot
from bessemer.baremetal.drivers.fake.console import FakeConsole
from bessemer.baremetal.drivers.fake.deploy import FakeDeploy
from bessemer.baremetal.drivers.fake.firmware import FakeFirmware
from bessemer.baremetal.drivers.fake.inspect import FakeInspect
from bessemer.baremetal.drivers.fake.machine import Machines
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.fake.raid import FakeRaid
from bessemer.baremetal.drivers.fake.rescue import FakeRescue
from bessemer.baremetal.drivers.fake.storage import FakeStorage
from bessemer.baremetal.drivers.fake.vendor import FakeVendor
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.drivers.ipmi.console import IpmitoolConsole
from bessemer.baremetal.drivers.ipmi.management import IpmitoolManagement
from bessemer.baremetal.drivers.ipmi.power import IpmitoolPower
from bessemer.baremetal.drivers.ipmi.vendor import IpmitoolVendor
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.iscsi.deploy import IscsiDeploy
from bessemer.baremetal.drivers.manual.power import AgentPower
from bessemer.baremetal.drivers.neutron.flat import FlatNetwork
from bessemer.baremetal.drivers.neutron.network import NeutronNetwork
from bessemer.baremetal.drivers.none.bios import NoBios
from bessemer.baremetal.drivers.none.console import NoConsole
from bessemer.baremetal.drivers.none.deploy import NoopDeploy
from bessemer.baremetal.drivers.none.firmware import NoFirmware
from bessemer.baremetal.drivers.none.inspect import NoInspect
from bessemer.baremetal.drivers.none.management import NoopManagement
from bessemer.baremetal.drivers.none.network import NoopNetwork
from bessemer.baremetal.drivers.none.raid import NoRaid
from bessemer.baremetal.drivers.none.rescue import NoRescue
from bessemer.baremetal.drivers.none.storage import NoopStorage
from bessemer.baremetal.drivers.none.vendor import NoVendor
from bessemer.baremetal.drivers.pxe.boot import HttpBoot, HttpIpxeBoot, PxeBoot
from bessemer.baremetal.drivers.ramdisk.deploy import RamdiskDeploy
from bessemer.baremetal.drivers.volumes.cinder import CinderStorage
from bessemer.baremetal.drivers.volumes.cinder_session import CinderSession
from bessemer.baremetal.drivers.volumes.external import ExternalStorage
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.registry import Enabled, HardwareType, Names, Registry
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import ConfigurationError
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkService

Plugins = Mapping[Kind, Mapping[str, Plugin]]

GENERIC: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.BIOS: ("no-bios",),
    Kind.BOOT: ("ipxe", "pxe", "http-ipxe", "http"),
    Kind.CONSOLE: ("no-console",),
    Kind.DEPLOY: ("autodetect", "direct", "ramdisk", "bootc", "custom-agent", "anaconda", "iscsi"),
    Kind.FIRMWARE: ("no-firmware",),
    Kind.INSPECT: ("agent", "no-inspect"),
    Kind.NETWORK: ("flat", "neutron", "noop"),
    Kind.RAID: ("no-raid", "agent"),
    Kind.RESCUE: ("no-rescue", "agent"),
    Kind.STORAGE: ("noop", "cinder", "external"),
    Kind.VENDOR: ("no-vendor",),
}
"""What any machine can be served with, the most wanted first."""

IPMI: Final = HardwareType(
    "ipmi",
    {
        **GENERIC,
        Kind.CONSOLE: ("ipmitool-socat", "no-console"),
        Kind.MANAGEMENT: ("ipmitool", "noop"),
        Kind.POWER: ("ipmitool",),
        Kind.VENDOR: ("ipmitool", "no-vendor"),
    },
)

MANUAL: Final = HardwareType(
    "manual-management",
    {
        **GENERIC,
        Kind.DEPLOY: (*GENERIC[Kind.DEPLOY], "noop"),
        Kind.MANAGEMENT: ("noop", "fake"),
        Kind.POWER: ("agent", "fake"),
    },
)
"""For machines without a BMC, or with one that nothing here can talk to."""

FAKE: Final = HardwareType(
    "fake-hardware",
    {**dict.fromkeys(Kind, ("fake",)), Kind.NETWORK: ("noop",)},
    takes_any=True,
)
"""For tests and load: every interface of its own first, and any other that is enabled."""


def registry(
    settings: BareMetalSettings,
    network: NetworkService,
    images: ImageService,
    agents: AgentClient,
    ipmi: IpmiClients,
    machines: Machines,
    image_cache: Path,
    cinder: CinderSession | None = None,
) -> Registry:
    """Everything that a conductor runs. Raises ConfigurationError.

    `image_cache`: a folder for images that are written from here.
    """
    deploys: Mapping[str, DeployInterface] = {
        "direct": DirectDeploy(images, network, settings, agents),
        "bootc": BootcDeploy(settings, agents),
        "custom-agent": CustomAgentDeploy(settings, agents),
        "ramdisk": RamdiskDeploy(images, settings, agents),
        "anaconda": AnacondaDeploy(images, network, settings, agents),
        "iscsi": IscsiDeploy(images, network, settings, agents, image_cache),
    }
    real: Plugins = {
        Kind.BOOT: {
            "ipxe": IpxeBoot(images, network, settings),
            "pxe": PxeBoot(images, network, settings),
            "http-ipxe": HttpIpxeBoot(images, network, settings),
            "http": HttpBoot(images, network, settings),
        },
        Kind.CONSOLE: {"ipmitool-socat": IpmitoolConsole(ipmi.ipmitool, settings)},
        Kind.DEPLOY: _with_autodetect(deploys, settings, agents),
        Kind.INSPECT: {"agent": AgentInspect(settings)},
        Kind.MANAGEMENT: {"ipmitool": IpmitoolManagement(ipmi.commands, ipmi.ipmitool, settings)},
        Kind.NETWORK: {
            "flat": FlatNetwork(network, settings),
            "neutron": NeutronNetwork(network, settings),
        },
        Kind.POWER: {
            "agent": AgentPower(agents, settings),
            "ipmitool": IpmitoolPower(ipmi.commands, settings),
        },
        Kind.RAID: {"agent": AgentRaid(agents, settings)},
        Kind.RESCUE: {"agent": AgentRescue(agents, settings)},
        Kind.STORAGE: {"cinder": CinderStorage(cinder), "external": ExternalStorage()},
        Kind.VENDOR: {"ipmitool": IpmitoolVendor(ipmi.ipmitool, settings)},
    }
    enabled = Enabled(
        settings.enabled_hardware_types,
        settings.enabled_interfaces(),
        settings.default_interfaces(),
    )
    return Registry(
        [IPMI, MANUAL, FAKE], _merged(real, _none(), _fakes(settings, machines)), enabled
    )


def fake_registry(settings: BareMetalSettings, machines: Machines) -> Registry:
    """Hardware type `fake-hardware` alone: no network, no images, no machines."""
    plugins = _merged(_none(), _fakes(settings, machines))
    interfaces: Names = {kind: tuple(plugins[kind]) for kind in Kind}
    return Registry(
        [FAKE], plugins, Enabled([FAKE.name], interfaces, settings.default_interfaces())
    )


def _with_autodetect(
    deploys: Mapping[str, DeployInterface], settings: BareMetalSettings, agents: AgentClient
) -> Mapping[str, DeployInterface]:
    """Raises ConfigurationError when it is enabled with something to choose that is not."""
    candidates = {}
    for name in settings.autodetect_deploy_interfaces:
        if name not in deploys or name not in settings.enabled_deploy_interfaces:
            if "autodetect" not in settings.enabled_deploy_interfaces:
                return deploys
            raise ConfigurationError(
                f"baremetal.autodetect_deploy_interfaces names {name!r}, which is not in "
                f"baremetal.enabled_deploy_interfaces; possible: {', '.join(deploys)}."
            )
        candidates[name] = deploys[name]
    return {"autodetect": AutodetectDeploy(candidates, settings, agents), **deploys}


def _none() -> Plugins:
    return {
        Kind.BIOS: {"no-bios": NoBios()},
        Kind.CONSOLE: {"no-console": NoConsole()},
        Kind.DEPLOY: {"noop": NoopDeploy()},
        Kind.FIRMWARE: {"no-firmware": NoFirmware()},
        Kind.INSPECT: {"no-inspect": NoInspect()},
        Kind.MANAGEMENT: {"noop": NoopManagement()},
        Kind.NETWORK: {"noop": NoopNetwork()},
        Kind.RAID: {"no-raid": NoRaid()},
        Kind.RESCUE: {"no-rescue": NoRescue()},
        Kind.STORAGE: {"noop": NoopStorage()},
        Kind.VENDOR: {"no-vendor": NoVendor()},
    }


def _fakes(settings: BareMetalSettings, machines: Machines) -> Plugins:
    every: Sequence[Plugin] = (
        FakeBios(machines),
        FakeBoot(),
        FakeConsole(machines),
        FakeDeploy(machines),
        FakeFirmware(machines),
        FakeInspect(settings),
        FakeManagement(machines),
        FakePower(settings, machines),
        FakeRaid(machines),
        FakeRescue(machines),
        FakeStorage(machines),
        FakeVendor(machines),
    )
    return {plugin.kind: {"fake": plugin} for plugin in every}


def _merged(*parts: Plugins) -> Plugins:
    merged: dict[Kind, dict[str, Plugin]] = {kind: {} for kind in Kind}
    for part in parts:
        for kind, plugins in part.items():
            merged[kind].update(plugins)
    return merged
