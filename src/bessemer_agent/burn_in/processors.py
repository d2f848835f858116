"""Load on processors and memory, by stress-ng, which checks what it computes and stores."""

from bessemer_agent.burn_in.long_program import by_time, run_long
from bessemer_agent.burn_in.options import Options
from bessemer_agent.commands.command import Report

DAY_S = 24 * 3600
# Winding down after the time is over takes longer the more memory there is.
GRACE_S = 1800


def burn_in_cpu(options: Options, report: Report) -> str:
    """0 workers mean one for each processor. Raises CommandFailed."""
    workers = options.number("cpu_cpu", 0)
    return _stress("cpu", ["--cpu", str(workers)], options, report)


def burn_in_memory(options: Options, report: Report) -> str:
    """`vm_vm-bytes` is shared by all workers: a size, or a share of the memory.

    Raises CommandFailed.
    """
    workers = options.number("vm_vm", 0)
    size = options.text("vm_vm-bytes", "98%")
    return _stress("vm", ["--vm", str(workers), "--vm-bytes", size], options, report)


def _stress(kind: str, load: list[str], options: Options, report: Report) -> str:
    timeout_s = options.number(f"{kind}_timeout", DAY_S, at_least=1)
    argv = ["stress-ng", *load, "--timeout", str(timeout_s), "--verify", "--metrics-brief"]
    log_file = options.path(f"{kind}_outputfile")
    if log_file is not None:
        argv += ["--log-file", log_file]
    watch = by_time(report, f"burn-in ({kind})", timeout_s)
    run_long(argv, watch, limit_s=timeout_s + GRACE_S)
    return f"no errors in {timeout_s} s"
