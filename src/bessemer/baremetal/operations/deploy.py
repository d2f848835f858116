"""Deploy: from `available` to `active`. The order of things is scenario steps 7 to 16."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.deploy import DeployInterface

_PURPOSE = {"purpose": Purpose.PROVISIONING.value}

PREPARATION = (
    StepCall("power", "power_off"),
    StepCall("network", "unconfigure_tenant_networks"),
    StepCall("network", "add_network", _PURPOSE),
    StepCall("deploy", "prepare_image"),
    StepCall("boot", "prepare_ramdisk", _PURPOSE),
    StepCall("management", "boot_from_network"),
    StepCall("power", "power_on"),
    StepCall("deploy", "wait_for_ramdisk"),
)

CLEAN_UP = (
    StepCall("power", "power_off"),
    StepCall("boot", "clean_up_ramdisk"),
    StepCall("network", "remove_network", _PURPOSE),
)


def steps(deploy: DeployInterface) -> tuple[StepCall, ...]:
    """Preparation, then the deploy interface's own steps by falling priority."""
    own = [
        facts for facts in deploy.steps().values() if "deploy" in facts.phases and facts.priority
    ]
    ranked = sorted(own, key=lambda facts: facts.priority, reverse=True)
    calls = (
        StepCall("deploy", facts.name, priority=facts.priority, abortable=facts.abortable)
        for facts in ranked
    )
    return (*PREPARATION, *calls)
