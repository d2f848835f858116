"""Tear down: take the instance off the machine. Cleaning follows."""

from bessemer.baremetal.domain.provision.work import StepCall
from bessemer.baremetal.interfaces.boot import Purpose

STEPS = (
    StepCall("power", "power_off"),
    StepCall("boot", "clean_up_ramdisk"),
    StepCall("network", "remove_network", {"purpose": Purpose.PROVISIONING.value}),
    StepCall("network", "unconfigure_tenant_networks"),
    StepCall("network", "detach_vifs"),
    StepCall("deploy", "release_instance"),
)
