"""Tells a cloud of a fleet: a node and a NIC for each machine, and as far on as `available`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from bessemer_lab.demo.api import BAREMETAL, Api, ApiError
from bessemer_lab.fleet.fleet import PASSWORD, USERNAME, FleetSpec, mac_of
from bessemer_lab.fleet.loopback import address_of

AT_ONCE: Final = 16
RESOURCE_CLASS: Final = "fleet"
_CONFLICT: Final = 409

Progress = Callable[[], None]
"""Called once for each node that is done."""


def body_of(spec: FleetSpec, number: int) -> dict[str, Any]:
    """For `POST /v1/nodes`.

    Real BMCs and a real deploy, but no DHCP and no TFTP: `fake-hardware` takes any interface, and
    the fake boot interface leaves the network boot to the machine.
    """
    return {
        "name": f"fleet-{number:05d}",
        "driver": "fake-hardware",
        "power_interface": "ipmitool",
        "management_interface": "ipmitool",
        "deploy_interface": "direct",
        "boot_interface": "fake",
        "inspect_interface": "no-inspect",
        "network_interface": "noop",
        "resource_class": RESOURCE_CLASS,
        "properties": {"capabilities": "boot_mode:uefi"},
        "driver_info": {
            "ipmi_address": str(address_of(number)),
            "ipmi_port": spec.bmc_port,
            "ipmi_username": USERNAME,
            "ipmi_password": PASSWORD,
        },
    }


async def enrol(api: Api, spec: FleetSpec, done: Progress) -> None:
    """Nodes that are there already, by name, are left as they are. Raises LabError."""

    async def one(number: int) -> None:
        try:
            node = await api.post(f"{BAREMETAL}/nodes", body_of(spec, number))
            port = {"address": mac_of(number), "node_uuid": node["uuid"], "pxe_enabled": True}
            await api.post(f"{BAREMETAL}/ports", port)
        except ApiError as error:
            if error.status != _CONFLICT:
                raise
        done()

    await _all(one, range(spec.count))


async def manage(api: Api, spec: FleetSpec, done: Progress) -> None:
    """Ask for `manage` for each that is enrolled only; returns when all are asked."""

    async def one(number: int) -> None:
        path = f"{BAREMETAL}/nodes/fleet-{number:05d}"
        if (await api.get(path))["provision_state"] == "enroll":
            await api.put(f"{path}/states/provision", {"target": "manage"})
        done()

    await _all(one, range(spec.count))


async def _all(act: Callable[[int], Awaitable[None]], numbers: Iterable[int]) -> None:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            await act(number)

    async with asyncio.TaskGroup() as group:
        for number in numbers:
            group.create_task(one(number))
