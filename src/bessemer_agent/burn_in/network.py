"""Load on the network: two machines send to each other with fio, first one way, then the other."""

import logging
import threading
import time
from dataclasses import dataclass

from bessemer_agent.burn_in.long_program import ProgramFailed, by_time, run_long
from bessemer_agent.burn_in.options import Options
from bessemer_agent.command_failed import CommandFailed, InvalidParameters
from bessemer_agent.commands.command import Report

LOG = logging.getLogger(__name__)

# As the upstream agent's, so that one of them can be the partner. Each connection has a port.
CONNECTIONS, FIRST_PORT = 16, 9000
LOAD = ("--thread", "--exitall_on_error", "--ioengine", "net", "--fill_device", "1",
        "--group_reporting", "--gtod_reduce", "1", "--numjobs", str(CONNECTIONS))  # fmt: skip
ROLES = ("writer", "reader")
RUNTIME_S = 6 * 3600
PARTNER_PATIENCE_S = 900
TRY_AGAIN_AFTER_S = 5.0
GRACE_S = 60


def burn_in_network(options: Options, report: Report) -> str:
    """Raises CommandFailed: the partner did not come in time, or the load failed."""
    first, partner = _pair(options)
    for role, which in ((first, "first"), (_other(first), "second")):
        phase = f"burn-in (network, {role}, {which} direction)"
        _direction(options, role, partner).run(report, phase)
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

    role: str
    partner: str
    port: int
    runtime_s: int
    patience_s: int
    output: str | None

    def run(self, report: Report, phase: str) -> None:
        """To the end of it. Raises CommandFailed.

        Two machines are never ready in the same moment: whatever fails before the patience is over
        is begun anew. The writer, which waits for connections, does so at once.
        """
        watch = by_time(report, phase, self.runtime_s)
        limit_s = self.runtime_s + self.patience_s + GRACE_S
        deadline = time.monotonic() + self.patience_s
        pause = threading.Event()  # never set
        while True:
            try:
                run_long(self._argv(), watch, limit_s=limit_s)
                return
            except ProgramFailed as error:
                if time.monotonic() > deadline:
                    raise CommandFailed(self._failed(error)) from error
                LOG.info("Trying again: %s", error)
            pause.wait(TRY_AGAIN_AFTER_S if self.role == "reader" else 0)

    def _argv(self) -> list[str]:
        argv = ["fio", *LOAD, "--port", str(self.port), "--name", self.role]
        if self.output is not None:
            argv += ["--output-format", "json", "--output", f"{self.output}.{self.role}"]
        if self.role == "reader":
            return [*argv, "--rw", "read", "--hostname", self.partner]
        return [
            *(*argv, "--rw", "write", "--listen"),
            *("--time_based", "--runtime", str(self.runtime_s)),
        ]

    def _failed(self, error: ProgramFailed) -> str:
        last = self.port + CONNECTIONS - 1
        return (
            f"as {self.role}, with {self.partner} on TCP ports {self.port} to {last}: {error}. Burn "
            "in both machines at the same time, one as writer and one as reader"
        )


def _direction(options: Options, role: str, partner: str) -> _Direction:
    return _Direction(
        role,
        partner,
        port=options.number("fio_network_port", FIRST_PORT, at_least=1),
        runtime_s=options.number("fio_network_runtime", RUNTIME_S, at_least=1),
        patience_s=options.number("fio_network_pairing_timeout", PARTNER_PATIENCE_S, at_least=1),
        output=options.path("fio_network_outputfile"),
    )
