"""An instance in memory or on a volume, booted from its tenant's network at every start."""

from contextlib import suppress
from typing import Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.san import SanBoot
from bessemer.baremetal.drivers.agent.ramdisk_network import Listener, listener_on
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.drivers.ipxe.boot_config import IMAGE, BootConfig, is_url
from bessemer.baremetal.drivers.ipxe.dhcp_options import Firmware
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.baremetal.drivers.ipxe.loader import Loader
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT
from bessemer.baremetal.interfaces.network import nics_of
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid, NotFound
from bessemer.network.public import NetworkService, NetworkView

PURPOSE: Final = "instance"
_ROOT: Final = "root=/dev/ram0"


class InstanceBoot:
    """What DHCP and boot scripts say to a machine whose instance is not on its disk."""

    def __init__(
        self, loader: Loader, network: NetworkService, settings: BareMetalSettings
    ) -> None:
        self._loader = loader
        self._network = network
        self._settings = settings

    async def prepare(self, task: Task, firmware: Firmware) -> BootConfig:
        """Done when DHCP on the tenant's networks is in force.

        Raises Invalid, NotFound, Conflict, NetworkError, SwitchFailure.
        """
        bootable = await self._bootable(task)
        if not bootable and task.interfaces.network.makes_ports:
            raise Invalid(
                f"Node {task.node.uuid} is on no network from which it could boot its instance: "
                "that must be one of this cloud's own (setting network.infrastructure), with "
                "DHCP. Attach a network port there: openstack baremetal node vif attach "
                f"{task.node.uuid} <network port>"
            )
        for port_id, (mac, view) in bootable.items():
            listener = listener_on(view, self._settings)
            options = self._loader.options(firmware, listener, mac)
            await self._network.set_dhcp_options(task.context, port_id, options)
            await self._network.wait_until_active(port_id, self._settings.switch_timeout)
        views = [view for _, view in bootable.values()] or [await self._named(task)]
        return self._configuration(task, listener_on(views[0], self._settings))

    async def forget(self, task: Task) -> None:
        """DHCP says nothing of it any more."""
        if not task.interfaces.network.makes_ports:
            return
        for nic in (await nics_of(task)).attached:
            with suppress(NotFound):  # its tenant has deleted it
                await self._network.set_dhcp_options(task.context, str(nic.tenant_vif), ())

    async def _bootable(self, task: Task) -> dict[str, tuple[str, NetworkView]]:
        """Attached network ports on networks that serve boot files, with the NIC's MAC."""
        found: dict[str, tuple[str, NetworkView]] = {}
        if not task.interfaces.network.makes_ports:
            return found
        for nic in (await nics_of(task)).attached:
            port = await self._network.get_port(task.context, str(nic.tenant_vif))
            view = await self._network.get_network(task.context, port.network_id)
            if view.serves_boot:
                found[port.id] = (port.mac_address, view)
        return found

    async def _named(self, task: Task) -> NetworkView:
        """Somebody else's DHCP must know a listener of ours: that of the provisioning network."""
        name = self._settings.networks.provisioning
        return await self._network.get_network(task.context, name)

    def _configuration(self, task: Task, listener: Listener) -> BootConfig:
        wanted = dict(task.node.driver_internal_info[INSTANCE_BOOT])
        san = wanted.pop("san", None)
        places = {key: boot_place(value) for key, value in wanted.items()}
        config = BootConfig(
            task.node.uuid,
            PURPOSE,
            listener.url,
            places.get("kernel", ""),
            places.get("ramdisk", ""),
            self._parameters(task).words,
            places.get("boot_iso", ""),
            SanBoot.from_json(san) if san else None,
        )
        self._loader.check(config)  # what cannot be said is refused here and now
        return config

    def _parameters(self, task: Task) -> KernelParameters:
        """Its owner's come last, and so win."""
        ours = KernelParameters((_ROOT, f"console={self._settings.ramdisk_console}"))
        return ours + own_parameters(task.node)


def own_parameters(node: Node) -> KernelParameters:
    """What the instance's owner wants its kernel to be told. Raises Invalid."""
    own = node.instance_info.get("kernel_append_params") or ""
    if not isinstance(own, str):
        raise Invalid(f"instance_info.kernel_append_params {quoted(str(own), 80)!r} is no text.")
    return KernelParameters.parse(own)


def boot_place(place: str) -> str:
    """As boot configurations hold it: a URL, or `glance://` and an image's id."""
    return place if is_url(place) else f"{IMAGE}{place}"
