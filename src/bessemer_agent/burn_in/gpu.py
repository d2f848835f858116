"""Load on graphics processors, by gpu-burn, which compares the results of all of them."""

from pathlib import Path

from bessemer_agent.burn_in.long_program import by_time, run_long
from bessemer_agent.burn_in.options import Options
from bessemer_agent.burn_in.processors import DAY_S, GRACE_S
from bessemer_agent.command_failed import CommandFailed
from bessemer_agent.commands.command import Report

PROGRAM = "./gpu_burn"
LISTING_S = 120


def burn_in_gpu(options: Options, report: Report) -> str:
    """`gpu_count` above 0 must be how many there are. Raises CommandFailed."""
    folder = Path(options.path("gpu_install_dir") or "/opt/gpu-burn")
    timeout_s = options.number("gpu_timeout", DAY_S, at_least=1)
    memory = options.text("gpu_memory", "95%")
    wanted = options.number("gpu_count", 0)
    if not (folder / PROGRAM).is_file():
        raise CommandFailed(
            f"{folder}/gpu_burn is not in this ramdisk: deploy with one that holds gpu-burn and its "
            "driver, and say where in driver_info/agent_burnin_gpu_install_dir"
        )
    if wanted:
        _count(folder, wanted, report)
    watch = by_time(report, "burn-in (gpu)", timeout_s)
    argv = [PROGRAM, "-m", memory, str(timeout_s)]
    run_long(argv, watch, limit_s=timeout_s + GRACE_S, folder=folder)
    return f"no errors in {timeout_s} s"


def _count(folder: Path, wanted: int, report: Report) -> None:
    watch = by_time(report, "counting GPUs", LISTING_S)
    listing = run_long([PROGRAM, "-l"], watch, limit_s=LISTING_S, folder=folder)
    found = sum(line.startswith("ID ") for line in listing.splitlines())
    if found != wanted:
        raise CommandFailed(
            f"gpu_burn sees {found} GPUs, and driver_info/agent_burnin_gpu_count says {wanted}: "
            "look for one that is missing or dead, or correct the number"
        )
