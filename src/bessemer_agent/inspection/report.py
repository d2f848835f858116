"""In-band inspection: look at the hardware, listen to the switches, tell the conductor."""

import logging
import random
import threading
from typing import Any

from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.disks.disk import list_disks
from bessemer_agent.disks.root_device import choose_root_device
from bessemer_agent.http_request import JsonClient, Unreachable
from bessemer_agent.inspection.interfaces import carrier_of, list_interfaces, with_lldp
from bessemer_agent.inspection.inventory import inventory
from bessemer_agent.inspection.lldp import listen
from bessemer_agent.kernel_parameters import Parameters
from bessemer_agent.machine import Machine, run_program

LOG = logging.getLogger(__name__)

ATTEMPTS = 5
PAUSE_S = (5.0, 30.0)


class InspectionFailed(Exception):
    """The conductor did not take the report."""


def hardware_info(machine: Machine, parameters: Parameters, *, lldp: bool) -> dict[str, Any]:
    """The inventory; with `lldp`, after having listened on every card."""
    root = machine.root
    if not lldp:
        return inventory(root, list_interfaces(root), parameters.boot_mac)
    names = [card.name for card in list_interfaces(root) if card.client_id is None]
    if machine.is_deploy_ramdisk:
        for name in names:
            run_program("ip", "link", "set", name, "up")
    heard = listen(names, lambda name: carrier_of(root, name), parameters.lldp_timeout_s)
    LOG.info("LLDP heard on %d of %d network cards", len(heard), len(names))
    # Looked at again: carrier and speed are known only now.
    return inventory(root, with_lldp(list_interfaces(root), heard), parameters.boot_mac)


def inspection_report(machine: Machine, parameters: Parameters) -> dict[str, Any]:
    """Body of POST /v1/continue_inspection."""
    found = hardware_info(machine, parameters, lldp=parameters.collect_lldp)
    report: dict[str, Any] = {
        "inventory": found,
        "boot_interface": parameters.boot_mac,
        "configuration": {"collectors": ["default"], "managers": []},
        "error": None,
    }
    try:
        report["root_disk"] = choose_root_device(list_disks(machine.root), {}).as_json()
    except CommandFailed as error:
        LOG.warning("No root disk: %s", error)
        report["root_disk"] = None
    if parameters.collect_lldp:
        report["configuration"]["collectors"].append("lldp")
        report["lldp_raw"] = {entry["name"]: entry["lldp"] for entry in found["interfaces"]}
    return report


def send_report(client: JsonClient, report: dict[str, Any]) -> None:
    """Raises InspectionFailed after five attempts, or when the conductor refuses the report."""
    pause = threading.Event()  # never set: pauses between attempts
    for attempt in range(1, ATTEMPTS + 1):
        try:
            reply = client.request("POST", "", report)
        except Unreachable as error:
            fault = str(error)
        else:
            if reply.status < 300:
                LOG.info("Inspection report accepted")
                return
            fault = reply.fault
            if reply.status < 500 and reply.status not in (404, 409):
                break  # asking again would not change the answer
        LOG.warning("Inspection report, attempt %d: %s", attempt, fault)
        if attempt < ATTEMPTS:
            pause.wait(random.uniform(*PAUSE_S))
    raise InspectionFailed(f"the conductor at {client.base_url} does not take the report: {fault}")
