"""Load on the network: two machines send to each other with fio, first one way, then the other."""

import threading
import time
from dataclasses import dataclass

from bessemer_agent.burn_in.long_program import ProgramFailed, Watch, by_time, run_long
from bessemer_agent.burn_in.options import Options
from bessemer_agent.command_failed import CommandFailed, InvalidParameters
from bessemer_agent.commands.command import Report

# As the upstream agent's, so that one of them can be the partner. Each connection has a port.
CONNECTIONS, FIRST_PORT = 16, 9000
LOAD = ("--thread", "--ioengine", "net", "--fill_device", "1", "--group_reporting", "--gtod_reduce",
        "1", "--numjobs", str(CONNECTIONS))  # fmt: skip
ROLES = ("writer", "reader")
RUNTIME_S = 6 * 3600
PARTNER_PATIENCE_S = 900
TRY_AGAIN_AFTER_S = 5.0
GRACE_S = 60


def burn_in_network(options: Options, report: Report) -> str:
    """Raises CommandFailed: the partner did not come in time, or the load failed."""
    first, partner = _pair(options)
    for role, which in ((first, "first"), (_other(first), "second")):
        direction = _direction(options, role, report, which)
        if role == "writer":
            direction.write()
        else:
            direction.read_from(partner)
    return f"no errors with {partner}, either way"


def _pair(options: Options) -> tuple[str, str]:
    """Own role at the beginning, and the partner's address. Raises InvalidParameters."""
    pair = options.mapping("fio_network_config") or {}
    role, partner = pair.get("role"), pair.get("partner")
    if role not in ROLES or not isinstance(partner, str) or not partner or partner[0] == "-":
        raise InvalidParameters(
            "driver_info/agent_burnin_fio_network_config must be {'role': 'writer' or 'reader', "
            f"'partner': the other machine's address}}, not {dict(pair)!r}; pairs are not found by "
            "themselves (agent_burnin_fio_network_pairing_backend_url is not used)"
        )
    return role, partner


def _other(role: str) -> str:
    return ROLES[1 - ROLES.index(role)]


@dataclass(frozen=True, slots=True)
class _Direction:
    """One machine sends, the other receives, and that for a while."""

    argv: list[str]
    port: int
    runtime_s: int
    patience_s: int
    watch: Watch

    @property
    def limit_s(self) -> int:
        return self.runtime_s + self.patience_s + GRACE_S

    def write(self) -> None:
        """Wait for the partner's connections, then send. Raises CommandFailed."""
        timed = ["--rw", "write", "--runtime", str(self.runtime_s), "--time_based", "--listen"]
        run_long([*self.argv, *timed], self.watch, limit_s=self.limit_s)

    def read_from(self, partner: str) -> None:
        """Receive until the partner ends; it may not listen yet. Raises CommandFailed."""
        argv = [*self.argv, "--rw", "read", "--hostname", partner]
        deadline = time.monotonic() + self.patience_s
        pause = threading.Event()  # never set
        while True:
            try:
                run_long(argv, self.watch, limit_s=self.limit_s)
                return
            except ProgramFailed as error:
                # Its status is the number of connections that failed: all, if nobody listens.
                if error.status != CONNECTIONS:
                    raise
                if time.monotonic() > deadline:
                    raise CommandFailed(
                        f"{partner} has not listened on port {self.port} for {self.patience_s} s: burn "
                        f"in both machines at the same time, one as writer ({error})"
                    ) from error
            pause.wait(TRY_AGAIN_AFTER_S)


def _direction(options: Options, role: str, report: Report, which: str) -> _Direction:
    runtime_s = options.number("fio_network_runtime", RUNTIME_S, at_least=1)
    output = options.path("fio_network_outputfile")
    told = [] if output is None else ["--output-format", "json", "--output", f"{output}.{role}"]
    port = options.number("fio_network_port", FIRST_PORT, at_least=1)
    return _Direction(
        ["fio", *LOAD, "--port", str(port), "--name", role, *told],
        port,
        runtime_s,
        options.number("fio_network_pairing_timeout", PARTNER_PATIENCE_S, at_least=1),
        by_time(report, f"burn-in (network, {role}, {which} direction)", runtime_s),
    )
