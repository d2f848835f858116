"""Network boot: the steps around a ramdisk's boot, whatever program loads it, and the instance's."""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Final

from bessemer.baremetal.domain.node import BootDevice, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.drivers.agent.ramdisk_network import Listener, find_listener
from bessemer.baremetal.drivers.agent.words import next_command, quoted
from bessemer.baremetal.drivers.ipxe.boot_config import KEY, BootConfig
from bessemer.baremetal.drivers.ipxe.dhcp_options import BOOT_PROGRAMS, Firmware
from bessemer.baremetal.drivers.ipxe.discovery_boot import inspection_parameters
from bessemer.baremetal.drivers.ipxe.instance_boot import (
    InstanceBoot,
    boot_place,
    own_parameters,
)
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.baremetal.drivers.ipxe.loader import IPXE, Loader
from bessemer.baremetal.drivers.ipxe.ramdisk_files import KEYS, chosen, is_path, servable
from bessemer.baremetal.interfaces.boot import (
    INSTALLER,
    INSTALLER_BOOT,
    INSTANCE_BOOT,
    ISCSI_VOLUME_BOOT,
    RAMDISK_BOOT,
    BootInterface,
    Purpose,
)
from bessemer.baremetal.interfaces.network import booting
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Conflict, Invalid, NotFound
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkError, NetworkService

BY_IPXE: Final = frozenset({RAMDISK_BOOT, INSTALLER_BOOT, ISCSI_VOLUME_BOOT})
"""What a machine can boot that has iPXE."""

Configured = Callable[[Listener], Awaitable[BootConfig]]
"""What to load, from where we are on the machine's network. Raises Invalid, NotFound, Conflict."""


class NetworkBoot(BootInterface):
    """The ramdisk comes over the network; `loader` says by which programs."""

    capabilities: ClassVar = frozenset({RAMDISK_BOOT, INSTALLER_BOOT})
    loader: ClassVar[Loader]

    def __init__(
        self, images: ImageService, network: NetworkService, settings: BareMetalSettings
    ) -> None:
        self._images = images
        self._network = network
        self._settings = settings
        self._instance = InstanceBoot(self.loader, network, settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid without kernel, ramdisk, a NIC to boot from, or with bad parameters."""
        for key in KEYS:
            place = chosen(node, self._settings, key)
            if is_path(node, self._settings, key, place):
                servable(place, self._settings, key)
        if not any(port.pxe_enabled for port in ports):
            raise Invalid(
                f"Node {node.name or node.uuid} has no NIC to boot from: create a port with "
                "pxe_enabled (`openstack baremetal port create --node … <MAC>`)."
            )
        self._firmware(node)
        self._appended(node)

    def properties(self) -> Mapping[str, str]:
        return {
            "deploy_kernel": "Kernel of the deploy ramdisk: URL, image id or path. "
            "Default: baremetal.deploy_kernel.",
            "deploy_ramdisk": "Initramfs of the deploy ramdisk: URL, image id or path. "
            "Default: baremetal.deploy_ramdisk.",
            "kernel_append_params": "Further parameters of the ramdisk's kernel, space-separated.",
        }

    @step("deploy", "clean")
    async def prepare_ramdisk(self, task: Task, purpose: str) -> Outcome:
        """Write down what to boot, forget the last agent, and see DHCP's answer in force.

        The machine must be off: an agent still alive would report itself anew.
        """

        async def configured(listener: Listener) -> BootConfig:
            return await self._configuration(task, listener, Purpose(purpose))

        return await self._prepare(task, purpose, configured, task.node.without_agent())

    @step()
    async def prepare_installer(self, task: Task) -> Outcome:
        """Write down what to boot, and see DHCP's answer in force."""

        async def configured(listener: Listener) -> BootConfig:
            return self._of_installer(task, listener)

        return await self._prepare(task, Purpose.PROVISIONING, configured, task.node)

    async def _prepare(
        self, task: Task, purpose: str, configured: Configured, node: Node
    ) -> Outcome:
        try:
            listener = await find_listener(task, self._network, self._settings, purpose)
            config = await configured(listener)
            firmware = self._firmware(task.node)
            macs = await _booting(task, purpose)
        except (Invalid, NotFound, Conflict, NetworkError) as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        await task.save(node.with_internal(**{KEY: config.as_json()}))
        for port_id, mac in macs.items():
            options = self.loader.options(firmware, listener, mac)
            await self._network.set_dhcp_options(task.context, port_id, options)
        for port_id in macs:
            await self._network.wait_until_active(port_id, self._settings.switch_timeout)
        if not macs:
            paths = [f"{listener.url}/boot/{kind}/<MAC>" for kind in self.loader.renderers]
            return Done(
                f"for somebody else's DHCP, which must send the machine's {self.loader.program} "
                f"to {' or '.join(paths)}"
            )
        return Done(f"DHCP sends {', '.join(macs.values())} to the {config.purpose} ramdisk")

    @step("deploy", "clean")
    async def clean_up_ramdisk(self, task: Task) -> Outcome:
        """Hand out no more boot files; DHCP options go with the ramdisk's network ports."""
        if INSTANCE_BOOT in task.node.driver_internal_info:
            await self._instance.forget(task)
        if KEY in task.node.driver_internal_info:
            await task.save(task.node.with_internal(**{KEY: None}))
        return Done("no network boot is prepared")

    async def prepare_instance(self, task: Task) -> None:
        """Boot device: disk, persistent; a network boot from now on would not get the ramdisk.

        For an instance that is not on the disk: the network, persistent, and what to boot there.
        """
        if INSTANCE_BOOT in task.node.driver_internal_info:
            config = await self._instance.prepare(task, self._firmware(task.node))
            bare = task.node.without_agent()
            await task.save(bare.with_internal(**{KEY: config.as_json()}))
            await task.interfaces.management.order_boot_device(
                task, BootDevice.PXE, persistent=True
            )
            return
        await task.interfaces.management.order_boot_device(task, BootDevice.DISK, persistent=True)
        await self.clean_up_ramdisk(task)

    def _firmware(self, node: Node) -> Firmware:
        """Raises Invalid for a boot mode without a loader of this interface."""
        mode = _boot_mode(node)
        if mode is not None and mode not in self.loader.modes:
            raise Invalid(
                f"Boot by HTTP needs UEFI, and boot mode {mode} is set (capabilities) for node "
                f"{node.name or node.uuid}. Use boot interface ipxe or pxe."
            )
        programs: Mapping[str, str] = getattr(self._settings, self.loader.by_architecture)
        return Firmware(mode, programs.get(str(node.properties.get("cpu_arch"))))

    async def _configuration(self, task: Task, listener: Listener, purpose: Purpose) -> BootConfig:
        node = task.node
        kernel, ramdisk = [await self._place(task, listener, key) for key in KEYS]
        params = self._appended(node) + self._own_parameters(task, listener, purpose)
        config = BootConfig(node.uuid, purpose.value, listener.url, kernel, ramdisk, params.words)
        self.loader.check(config)  # what cannot be said is refused here and now
        return config

    def _of_installer(self, task: Task, listener: Listener) -> BootConfig:
        """What its owner appended comes last, and so wins."""
        installer = task.node.driver_internal_info[INSTALLER]
        console = f"console={self._settings.ramdisk_console}"
        params = KernelParameters((*installer["parameters"], console))
        config = BootConfig(
            task.node.uuid,
            INSTALLER,
            listener.url,
            boot_place(installer["kernel"]),
            boot_place(installer["ramdisk"]),
            (params + own_parameters(task.node)).words,
        )
        self.loader.check(config)  # what cannot be said is refused here and now
        return config

    async def _place(self, task: Task, listener: Listener, key: str) -> str:
        """A servable file's real path or a URL. Raises Invalid, NotFound, Conflict."""
        place = chosen(task.node, self._settings, key)
        if is_path(task.node, self._settings, key, place):
            return servable(place, self._settings, key)
        if place.startswith(("http://", "https://")):
            return place
        view = await self._images.get_image(task.context, place.removeprefix("glance://"))
        return await self._images.temporary_url(
            task.context,
            view.id,
            base_url=listener.url,
            lifetime=self._settings.image_url_lifetime,
        )

    def _appended(self, node: Node) -> KernelParameters:
        """The operator's: `%default%` in a node's stands for the settings' (as in Ironic)."""
        default = self._settings.ramdisk_kernel_params
        own = node.driver_info.get("kernel_append_params")
        text = default if own is None else str(own).replace("%default%", default)
        return KernelParameters.parse(f"console={self._settings.ramdisk_console} {text}")

    def _own_parameters(self, task: Task, listener: Listener, purpose: Purpose) -> KernelParameters:
        """Ours come last, and so win over what an operator appended."""
        words = [
            f"ipa-api-url={listener.url}",
            f"ipa-global-request-id={task.context.request_id}",
        ]
        if purpose is Purpose.INSPECTION:
            words += inspection_parameters(listener.url)
        return KernelParameters(tuple(words))


class IpxeBoot(NetworkBoot):
    """Network boot by iPXE over HTTP, for BIOS and UEFI (Ironic's boot interface `ipxe`)."""

    capabilities: ClassVar = BY_IPXE
    loader: ClassVar = IPXE


async def _booting(task: Task, purpose: str) -> dict[str, str]:
    macs = await booting(task, purpose)
    if not macs and task.interfaces.network.makes_ports:
        raise Invalid(
            f"No NIC of node {task.node.name or task.node.uuid} is on the {purpose} network, so "
            "none could boot from it: check that a port is pxe_enabled and has its "
            "local_link_connection (`openstack baremetal port list --node …`)."
        )
    return macs


def _boot_mode(node: Node) -> str | None:
    """`bios` or `uefi`; None when nobody said. Raises Invalid."""
    mode = node.wanted_boot_mode
    if mode is not None and mode not in BOOT_PROGRAMS:
        raise Invalid(f"Boot mode {quoted(mode, 40)!r} (capabilities) is neither bios nor uefi.")
    return mode
