"""What a step sees of the node it works on, and the few ways in which it may change things."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from bessemer.baremetal.domain.bios import BiosSetting
from bessemer.baremetal.domain.firmware import FirmwareComponent
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule
from bessemer.baremetal.domain.node import Node, Power
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.portgroup import Portgroup
from bessemer.baremetal.domain.provision.work import Work
from bessemer.baremetal.domain.volume import Volumes, VolumeTarget
from bessemer.context import RequestContext

if TYPE_CHECKING:
    from bessemer.baremetal.interfaces.bios import BiosInterface
    from bessemer.baremetal.interfaces.boot import BootInterface
    from bessemer.baremetal.interfaces.console import ConsoleInterface
    from bessemer.baremetal.interfaces.deploy import DeployInterface
    from bessemer.baremetal.interfaces.firmware import FirmwareInterface
    from bessemer.baremetal.interfaces.inspect import InspectInterface
    from bessemer.baremetal.interfaces.management import ManagementInterface
    from bessemer.baremetal.interfaces.network import NetworkInterface
    from bessemer.baremetal.interfaces.power import PowerInterface
    from bessemer.baremetal.interfaces.raid import RaidInterface
    from bessemer.baremetal.interfaces.rescue import RescueInterface
    from bessemer.baremetal.interfaces.storage import StorageInterface
    from bessemer.baremetal.interfaces.vendor import VendorInterface


class Interfaces(Protocol):
    """The plug-ins that serve one node."""

    @property
    def bios(self) -> "BiosInterface": ...
    @property
    def boot(self) -> "BootInterface": ...
    @property
    def console(self) -> "ConsoleInterface": ...
    @property
    def deploy(self) -> "DeployInterface": ...
    @property
    def firmware(self) -> "FirmwareInterface": ...
    @property
    def inspect(self) -> "InspectInterface": ...
    @property
    def management(self) -> "ManagementInterface": ...
    @property
    def network(self) -> "NetworkInterface": ...
    @property
    def power(self) -> "PowerInterface": ...
    @property
    def raid(self) -> "RaidInterface": ...
    @property
    def rescue(self) -> "RescueInterface": ...
    @property
    def storage(self) -> "StorageInterface": ...
    @property
    def vendor(self) -> "VendorInterface": ...


class Task(Protocol):
    """One step at work on one node, under a lease.

    Every write is fenced: when the lease was lost in the meantime it raises LeaseLost, and the
    step must let that pass through.
    """

    @property
    def node(self) -> Node:
        """The node as last read or saved."""

    @property
    def ports(self) -> tuple[Port, ...]:
        """Its NICs, as last read or saved."""

    @property
    def work(self) -> Work:
        """The work in hand; `work.memo` is what `note` wrote before."""

    @property
    def context(self) -> RequestContext:
        """The request that began the work, with administrator's rights."""

    @property
    def interfaces(self) -> Interfaces:
        """The node's other plug-ins."""

    async def note(self, **memo: Any) -> None:
        """Write something down for this step's next run, at once and durably (JSON values)."""

    async def progress(self, done: int, total: int) -> None:
        """Show how far the step is."""

    async def save(self, node: Node) -> None:
        """Keep changes of the node (not its states: those are the worker's)."""

    async def saw_power(self, state: Power) -> None:
        """Keep what the BMC reported as the node's power state."""

    async def saw_boot_modes(self, boot_mode: str | None, secure_boot: bool | None) -> None:
        """Keep what the BMC reported of the machine's next start; None: it does not tell."""

    async def save_port(self, port: Port) -> None:
        """Keep changes of one port; adds it when it is new."""

    async def portgroups(self) -> tuple[Portgroup, ...]:
        """Its bonds, as last saved."""

    async def save_portgroup(self, group: Portgroup) -> None:
        """Keep changes of one bond; one that is over goes, and frees its NICs."""

    async def volumes(self) -> Volumes:
        """Its volume connectors and targets, as last saved."""

    async def save_volume_target(self, target: VolumeTarget) -> None:
        """Keep changes of one target."""

    async def save_inventory(
        self, inventory: Mapping[str, Any], plugin_data: Mapping[str, Any]
    ) -> None:
        """Keep what inspection found."""

    async def save_bios_settings(self, settings: Sequence[BiosSetting]) -> None:
        """Keep what the BIOS said of its settings, in place of what it said before."""

    async def save_firmware_components(self, components: Sequence[FirmwareComponent]) -> None:
        """Keep what the BMC said of its components; each one's first version stays remembered."""

    async def inspection_data(self) -> Mapping[str, Any] | None:
        """What the ramdisk posted for this inspection; None when nothing has come yet."""

    async def inspection_rules(self, phase: str) -> Sequence[InspectionRule]:
        """What operators want done in that phase of inspection, oldest first."""

    async def config_drive(self) -> str | None:
        """The instance's config drive: base64 of gzip of ISO 9660, or an http(s) URL."""

    async def save_kickstart(self, text: str | None) -> None:
        """Keep what the node's installer is to do, sealed; None: forget it."""

    async def permit_destruction(self) -> None:
        """Check, right before erasing or writing a disk, that the intent behind this work stands.

        Raises LeaseLost when the node has been given another intent since.
        """
