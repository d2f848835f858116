"""What a machine boots that no node has a NIC of, where auto-discovery is on: an inspection."""

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig, is_url
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.baremetal.drivers.ipxe.ramdisk_files import KEYS, servable
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import ConfigurationError, Invalid

NO_NODE = "discovery"
"""In place of a node's uuid: whom the kernel and the ramdisk are handed out for."""


def discovery_boot(settings: BareMetalSettings, listener: str) -> BootConfig | None:
    """The settings' ramdisk, which reports to our listener; None where auto-discovery is off.

    `listener`: our URL as the machine knows it, without a trailing slash. Raises Invalid.
    """
    if not settings.auto_discovery.enabled:
        return None
    kernel, ramdisk = [_place(settings, key) for key in KEYS]
    params = KernelParameters.parse(
        f"console={settings.ramdisk_console} {settings.ramdisk_kernel_params}"
    ) + KernelParameters(inspection_parameters(listener))
    return BootConfig(NO_NODE, Purpose.INSPECTION, listener, kernel, ramdisk, params.words)


def inspection_parameters(listener: str) -> tuple[str, ...]:
    """Words by which a ramdisk knows that it is to report, and to whom."""
    return (
        f"ipa-inspection-callback-url={listener}/v1/continue_inspection",
        "ipa-collect-lldp=1",
    )


def check_discovery_boot(settings: BareMetalSettings) -> None:
    """Raises ConfigurationError where auto-discovery is on, and no ramdisk can be booted for it."""
    try:
        discovery_boot(settings, "http://127.0.0.1")
    except Invalid as error:
        raise ConfigurationError(f"baremetal.auto_discovery: {error.message}") from error


def _place(settings: BareMetalSettings, key: str) -> str:
    """A URL, or the real path of a file. Raises Invalid."""
    place = str(getattr(settings, key)).removeprefix("file://")
    if not place:
        raise Invalid(
            f"a ramdisk for unknown machines is needed: set baremetal.{key} (`make ramdisk` builds "
            "one)."
        )
    return place if is_url(place) else servable(place, settings, key)
