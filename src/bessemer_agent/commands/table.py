"""All commands that the agent knows, by the names that conductors use."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from bessemer_agent.commands import standby, steps
from bessemer_agent.commands.boot_entry import BootEntryInstaller
from bessemer_agent.commands.bootc import BootcInstaller
from bessemer_agent.commands.bootc import container as wanted_container
from bessemer_agent.commands.command import Command, Invocation
from bessemer_agent.commands.execute_step import (
    StepRunner,
    clean_steps,
    deploy_steps,
    service_steps,
)
from bessemer_agent.commands.iscsi import IscsiTarget
from bessemer_agent.commands.iscsi import wanted as wanted_target
from bessemer_agent.commands.logs import collect_system_logs
from bessemer_agent.commands.node_disks import NodeDisks
from bessemer_agent.commands.rescue import Rescue
from bessemer_agent.commands.write import ImageWriter, image_info
from bessemer_agent.image_writing.download import Patience
from bessemer_agent.inspection.report import hardware_info
from bessemer_agent.kernel_parameters import Parameters
from bessemer_agent.log import RecentLines
from bessemer_agent.machine import Machine
from bessemer_wire import LookupReply


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What commands work with. `stop` ends heartbeats and API."""

    machine: Machine
    parameters: Parameters
    reply: LookupReply
    recent_log: RecentLines
    stop: Callable[[], None]


def command_table(around: Surroundings) -> dict[str, Command]:
    machine, parameters = around.machine, around.parameters
    disks = NodeDisks(machine, parameters, around.reply.node)
    patience = Patience(
        parameters.image_download_timeout_s, parameters.image_download_retries, parameters.insecure
    )
    writer = ImageWriter(disks, around.reply.config, patience)
    bootc = BootcInstaller(machine, disks, patience)
    deploy = StepRunner("deploy", deploy_steps(writer, bootc, disks), disks)
    clean = StepRunner("clean", clean_steps(machine, disks), disks)
    service = StepRunner("service", service_steps(writer, disks), disks)
    boot = BootEntryInstaller(machine, disks)
    rescue = Rescue(machine, around.stop)
    target = IscsiTarget(machine, disks)
    return {
        "deploy.execute_deploy_step": Command(
            target.after(deploy.run), asynchronous=True, check=deploy.check
        ),
        "clean.execute_clean_step": Command(clean.run, asynchronous=True, check=clean.check),
        "service.execute_service_step": Command(
            service.run, asynchronous=True, check=service.check
        ),
        "standby.prepare_image": Command(
            writer.prepare_image, asynchronous=True, check=lambda call: image_info(call.params)
        ),
        "image.install_bootloader": Command(
            target.after(boot.install_bootloader), asynchronous=True
        ),
        "iscsi.start_iscsi_target": Command(target.start, check=wanted_target),
        "deploy.get_deploy_steps": Command(steps.get_deploy_steps),
        "clean.get_clean_steps": Command(steps.get_clean_steps),
        "service.get_service_steps": Command(steps.get_service_steps),
        "rescue.finalize_rescue": Command(rescue.finalize, check=rescue.check),
        "standby.execute_bootc_install": Command(
            target.after(bootc.execute_bootc_install),
            asynchronous=True,
            check=lambda call: wanted_container(call.params),
        ),
        "standby.get_partition_uuids": Command(standby.get_partition_uuids),
        "standby.power_off": Command(standby.powers_off(machine), asynchronous=True),
        "standby.run_image": Command(standby.starts_anew(machine), asynchronous=True),
        "standby.sync": Command(lambda call: machine.flush()),
        "log.collect_system_logs": Command(lambda call: collect_system_logs(around.recent_log)),
        "poll.get_hardware_info": Command(
            lambda call: hardware_info(machine, parameters, lldp=False)
        ),
        "poll.set_node_info": Command(
            lambda call: disks.learn(call.mapping("node_info").get("node") or {})
        ),
        "system.lockdown": Command(_locks_down(around)),
    }


def _locks_down(around: Surroundings) -> Callable[[Invocation], None]:
    def lock_down(call: Invocation) -> None:
        around.stop()
        # The answer to the conductor leaves before the network cards go down.
        threading.Timer(LOCKDOWN_DELAY_S, around.machine.lock_down).start()

    return lock_down


LOCKDOWN_DELAY_S = 5.0
