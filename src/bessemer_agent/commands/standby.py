"""`standby` extension: power, flushing, and the older way to write an image."""

from bessemer_agent.commands.command import Handler, Invocation
from bessemer_agent.machine import Machine


def powers_off(machine: Machine) -> Handler:
    """standby.power_off: disks are flushed first."""

    def power_off(call: Invocation) -> None:
        machine.power_off()

    return power_off


def starts_anew(machine: Machine) -> Handler:
    """standby.run_image, as upstream's agent calls a reboot: disks are flushed first."""

    def run_image(call: Invocation) -> None:
        machine.reboot()

    return run_image


def get_partition_uuids(call: Invocation) -> dict[str, str]:
    """Empty: whole-disk images bring their own partitions, whose UUIDs nobody rewrites."""
    return {}
