"""Hardware types by request: what they read, what their RAID can do, and their vendor methods."""

from collections.abc import Mapping
from typing import Any

from bessemer.baremetal.interfaces.vendor import Passthru, VendorInterface, chosen
from bessemer.baremetal.operations.at_conductor import at_conductor, of_driver
from bessemer.baremetal.operations.desk import Desk
from bessemer.json_types import Json


@at_conductor(of_driver)
async def properties(desk: Desk, driver: str) -> Mapping[str, str]:
    """Every field that a plug-in of this driver reads, and what it means. Raises NotFound."""
    offered = desk.registry.plugins_offered(driver)
    return {name: words for plugin in offered for name, words in plugin.properties().items()}


@at_conductor(of_driver)
async def logical_disk_properties(desk: Desk, driver: str) -> Mapping[str, str]:
    """What the driver's default RAID interface understands of a logical disk. Raises NotFound."""
    return desk.registry.plugins_of(driver).raid.logical_disk_properties()


@at_conductor(of_driver)
async def passthru_methods(desk: Desk, driver: str) -> Mapping[str, Passthru]:
    """Vendor methods of the driver itself, by name. Raises NotFound."""
    return desk.registry.plugins_of(driver).vendor.driver_passthru_methods()


@at_conductor(of_driver)
async def passthru(
    desk: Desk, driver: str, method: str, http_method: str, body: Mapping[str, Any]
) -> tuple[Passthru, Json]:
    """Call a vendor method of the driver; its row, and its reply (None for one that runs on).

    Raises NotFound, Invalid (no such method, verb or arguments), Transient, HardwareFailure.
    """
    vendor = desk.registry.plugins_of(driver).vendor
    row = chosen(vendor.driver_passthru_methods(), method, http_method)
    vendor.driver_validate(method, body)
    if row.async_call:
        desk.background.start(_without_reply(vendor, row, body))
        return row, None
    return row, await vendor.driver_call(row, body)


async def _without_reply(vendor: VendorInterface, row: Passthru, body: Mapping[str, Any]) -> None:
    await vendor.driver_call(row, body)
