"""`deploy`, `clean` and `service` extensions: which steps the agent offers."""

from typing import Any

from bessemer_agent.commands.command import Invocation
from bessemer_wire import StepDescription

MANAGER = "BessemerHardwareManager"
# Conductors start cleaning over when this changes between two lives of the agent.
VERSIONS = {"bessemer_hardware_manager": "2"}

_DELETING = {
    "delete_existing": {
        "description": "Whether to take apart what is there before.",
        "required": False,
    }
}
DEPLOY_STEPS = (
    StepDescription(
        "write_image",
        priority=0,
        argsinfo={
            "image_info": {"description": "Which image to write.", "required": True},
            "configdrive": {"description": "Config drive: base64+gzip or URL.", "required": False},
        },
    ),
    StepDescription(
        "execute_bootc_install",
        priority=0,
        argsinfo={
            "image_source": {"description": "The container, oci://….", "required": True},
            "instance_info": {"description": "May hold bootc_authorized_keys.", "required": False},
            "pull_secret": {"description": "base64 of user:password.", "required": False},
            "configdrive": {"description": "Config drive: base64+gzip or URL.", "required": False},
        },
    ),
    StepDescription("erase_devices_metadata", priority=0),
    StepDescription(
        "apply_configuration",
        priority=0,
        interface="raid",
        argsinfo={
            "raid_config": {"description": "The logical disks to make.", "required": True},
            **_DELETING,
        },
    ),
)
BURN_IN_STEPS = tuple(
    StepDescription(f"burnin_{part}", priority=0, abortable=True)
    for part in ("cpu", "memory", "network", "gpu")
)
CLEAN_STEPS = (
    StepDescription("erase_devices_metadata", priority=99, abortable=True),
    StepDescription("erase_devices", priority=10, abortable=True),
    StepDescription("erase_devices_express", priority=0, abortable=True),
    StepDescription("erase_pstore", priority=0),
    StepDescription("clean_uefi_nvram", priority=0),
    StepDescription("create_configuration", priority=0, interface="raid", argsinfo=_DELETING),
    StepDescription("delete_configuration", priority=0, interface="raid"),
    *BURN_IN_STEPS,
    StepDescription("burnin_disk", priority=0, abortable=True),
)
SERVICE_STEPS = (
    StepDescription("write_image", priority=0, argsinfo=DEPLOY_STEPS[0].argsinfo),
    *BURN_IN_STEPS,
)


def get_deploy_steps(call: Invocation) -> dict[str, Any]:
    return _offer("deploy_steps", DEPLOY_STEPS)


def get_clean_steps(call: Invocation) -> dict[str, Any]:
    return _offer("clean_steps", CLEAN_STEPS)


def get_service_steps(call: Invocation) -> dict[str, Any]:
    return _offer("service_steps", SERVICE_STEPS)


def _offer(key: str, steps: tuple[StepDescription, ...]) -> dict[str, Any]:
    return {
        key: {MANAGER: [step.as_json() for step in steps]},
        "hardware_manager_version": VERSIONS,
    }
