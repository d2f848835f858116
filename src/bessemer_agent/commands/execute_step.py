"""execute_deploy_step, execute_clean_step, execute_service_step: run one of the offered steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bessemer_agent.burn_in.disks import burn_in_disks
from bessemer_agent.burn_in.gpu import burn_in_gpu
from bessemer_agent.burn_in.network import burn_in_network
from bessemer_agent.burn_in.options import Options
from bessemer_agent.burn_in.processors import burn_in_cpu, burn_in_memory
from bessemer_agent.command_failed import InvalidParameters, VersionMismatch
from bessemer_agent.commands.bootc import BootcInstaller, container
from bessemer_agent.commands.command import Invocation, Report
from bessemer_agent.commands.node_disks import NodeDisks
from bessemer_agent.commands.steps import VERSIONS
from bessemer_agent.commands.write import ImageWriter, image_info
from bessemer_agent.disks.erase import erase, erase_express, erase_metadata
from bessemer_agent.disks.software_raid import check_wanted
from bessemer_agent.firmware_store import erase_pstore, remove_disk_entries
from bessemer_agent.machine import Machine

Step = Callable[[Mapping[str, Any], Report], Any]


@dataclass(frozen=True, slots=True)
class StepRunner:
    """`kind` is "deploy", "clean" or "service": it names the keys of parameters and results."""

    kind: str
    steps: Mapping[str, Step]
    disks: NodeDisks

    def check(self, call: Invocation) -> None:
        """Raises InvalidParameters before anything is touched."""
        step = call.mapping("step")
        name = step.get("step")
        if name not in self.steps:
            raise InvalidParameters(
                f"there is no {self.kind} step {name!r}; there are {', '.join(self.steps)}"
            )
        check = _CHECKS.get(str(name))
        if check is not None:
            check(_arguments(step))

    def run(self, call: Invocation) -> dict[str, Any]:
        """Raises CommandFailed."""
        known = call.optional_mapping(f"{self.kind}_version")
        if known and known != VERSIONS:
            raise VersionMismatch(f"the steps were asked of version {known}; this is {VERSIONS}")
        self.disks.learn(call.optional_mapping("node"))
        step = call.mapping("step")
        result = self.steps[step["step"]](_arguments(step), call.report)
        return {f"{self.kind}_result": result, f"{self.kind}_step": step}


def _arguments(step: Mapping[str, Any]) -> Mapping[str, Any]:
    arguments = step.get("args")
    return arguments if isinstance(arguments, dict) else {}


def _check_raid(arguments: Mapping[str, Any]) -> None:
    config = arguments.get("raid_config")
    if config is not None:
        check_wanted(config)


_CHECKS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "write_image": image_info,
    "execute_bootc_install": container,
    "create_configuration": _check_raid,
    "apply_configuration": _check_raid,
}


def deploy_steps(writer: ImageWriter, bootc: BootcInstaller, disks: NodeDisks) -> dict[str, Step]:
    return {
        "write_image": writer.write,
        "execute_bootc_install": bootc.install,
        "erase_devices_metadata": _erase_metadata(disks),
        "apply_configuration": _create_logical_disks(disks),
    }


def service_steps(writer: ImageWriter, disks: NodeDisks) -> dict[str, Step]:
    return {"write_image": writer.write, **_burn_in(disks)}


def clean_steps(machine: Machine, disks: NodeDisks) -> dict[str, Step]:
    return {
        "erase_devices_metadata": _erase_metadata(disks),
        "erase_devices": _erase(disks),
        "erase_devices_express": _erase_express(disks),
        "erase_pstore": _erase_pstore(machine),
        "clean_uefi_nvram": _clean_uefi_nvram(machine),
        "create_configuration": _create_logical_disks(disks),
        "delete_configuration": _delete_logical_disks(disks),
        **_burn_in(disks),
        "burnin_disk": _burn_in_disks(disks),
    }


def _create_logical_disks(disks: NodeDisks) -> Step:
    def step(arguments: Mapping[str, Any], report: Report) -> dict[str, Any]:
        config = arguments.get("raid_config") or disks.target_raid_config()
        wanted = check_wanted(config)
        if arguments.get("delete_existing") is True:
            disks.delete_logical_disks()
        return {"logical_disks": disks.create_logical_disks(wanted)}

    return step


def _delete_logical_disks(disks: NodeDisks) -> Step:
    def step(arguments: Mapping[str, Any], report: Report) -> dict[str, Any]:
        return {"logical_disks": [], "freed": disks.delete_logical_disks()}

    return step


def _burn_in(disks: NodeDisks) -> dict[str, Step]:
    """What can be tested without losing data."""
    tests = {
        "burnin_cpu": burn_in_cpu,
        "burnin_memory": burn_in_memory,
        "burnin_network": burn_in_network,
        "burnin_gpu": burn_in_gpu,
    }

    def step_of(test: Callable[[Options, Report], str]) -> Step:
        return lambda arguments, report: test(Options(disks.driver_info), report)

    return {name: step_of(test) for name, test in tests.items()}


def _burn_in_disks(disks: NodeDisks) -> Step:
    def step(arguments: Mapping[str, Any], report: Report) -> str:
        paths = [disks.path_of(disk) for disk in disks.erasable()]
        return burn_in_disks(Options(disks.driver_info), paths, report)

    return step


def _erase_metadata(disks: NodeDisks) -> Step:
    def step(arguments: Mapping[str, Any], report: Report) -> dict[str, str]:
        found = disks.erasable()
        for number, disk in enumerate(found):
            report(f"erasing metadata of {disk.name}", number, len(found))
            erase_metadata(disks.path_of(disk))
        return {disk.name: "metadata erased" for disk in found}

    return step


def _erase(disks: NodeDisks) -> Step:
    def step(arguments: Mapping[str, Any], report: Report) -> dict[str, str]:
        return {disk.name: erase(disk, disks.path_of(disk), report) for disk in disks.erasable()}

    return step


def _erase_express(disks: NodeDisks) -> Step:
    def step(arguments: Mapping[str, Any], report: Report) -> dict[str, str]:
        found = disks.erasable()
        return {disk.name: erase_express(disk, disks.path_of(disk)) for disk in found}

    return step


def _erase_pstore(machine: Machine) -> Step:
    return lambda arguments, report: {"erased": erase_pstore(machine)}


def _clean_uefi_nvram(machine: Machine) -> Step:
    return lambda arguments, report: {"removed": remove_disk_entries(machine)}
