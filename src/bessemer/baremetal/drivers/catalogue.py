"""The hardware types, and the plug-ins that this conductor runs for them."""

from collections.abc import Mapping
from typing import Final

from bessemer.baremetal.domain.node import InterfaceKind as Kind
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.inspect import AgentInspect
from bessemer.baremetal.drivers.direct.deploy import DirectDeploy
from bessemer.baremetal.drivers.fake.boot import FakeBoot
from bessemer.baremetal.drivers.fake.deploy import FakeDeploy
from bessemer.baremetal.drivers.fake.inspect import FakeInspect
from bessemer.baremetal.drivers.fake.management import FakeManagement
from bessemer.baremetal.drivers.fake.network import NoopNetwork
from bessemer.baremetal.drivers.fake.power import FakePower
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.management import IpmitoolManagement
from bessemer.baremetal.drivers.ipmi.power import IpmitoolPower
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot
from bessemer.baremetal.drivers.neutron.network import NeutronNetwork
from bessemer.baremetal.interfaces.plugin import Plugin
from bessemer.baremetal.interfaces.registry import HardwareType, Registry
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkService

IPMI: Final = HardwareType(
    "ipmi",
    {
        Kind.POWER: ("ipmitool",),
        Kind.MANAGEMENT: ("ipmitool",),
        Kind.BOOT: ("ipxe",),
        Kind.NETWORK: ("neutron", "noop"),
        Kind.DEPLOY: ("direct",),
        Kind.INSPECT: ("agent",),
    },
)

FAKE: Final = HardwareType(
    "fake-hardware",
    {
        Kind.POWER: ("fake",),
        Kind.MANAGEMENT: ("fake",),
        Kind.BOOT: ("fake", "ipxe"),
        Kind.NETWORK: ("noop", "neutron"),
        Kind.DEPLOY: ("fake", "direct"),
        Kind.INSPECT: ("fake", "agent"),
    },
)


def registry(
    settings: BareMetalSettings, network: NetworkService, images: ImageService, agents: AgentClient
) -> Registry:
    """Everything that a conductor runs."""
    ipmitool = Ipmitool(settings)
    fakes = _fakes(settings)
    plugins: Mapping[Kind, Mapping[str, Plugin]] = {
        Kind.POWER: {"ipmitool": IpmitoolPower(ipmitool, settings)},
        Kind.MANAGEMENT: {"ipmitool": IpmitoolManagement(ipmitool, settings)},
        Kind.BOOT: {"ipxe": IpxeBoot(images, network, settings)},
        Kind.NETWORK: {"neutron": NeutronNetwork(network, settings)},
        Kind.DEPLOY: {"direct": DirectDeploy(images, network, settings, agents)},
        Kind.INSPECT: {"agent": AgentInspect(settings)},
    }
    return Registry([IPMI, FAKE], {kind: {**plugins[kind], **fakes[kind]} for kind in Kind})


def fake_registry(settings: BareMetalSettings) -> Registry:
    """Hardware type `fake-hardware` alone: no network, no images, no machines."""
    return Registry([FAKE], _fakes(settings))


def _fakes(settings: BareMetalSettings) -> Mapping[Kind, Mapping[str, Plugin]]:
    return {
        Kind.POWER: {"fake": FakePower(settings)},
        Kind.MANAGEMENT: {"fake": FakeManagement()},
        Kind.BOOT: {"fake": FakeBoot()},
        Kind.NETWORK: {"noop": NoopNetwork()},
        Kind.DEPLOY: {"fake": FakeDeploy()},
        Kind.INSPECT: {"fake": FakeInspect()},
    }
