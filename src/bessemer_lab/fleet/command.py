"""The `bessemer lab fleet` command: thousands of simulated machines, until interrupted."""

import asyncio
import re
import resource
import signal
import time
from collections.abc import Callable
from typing import Annotated, Final

import typer

from bessemer_lab.demo.api import Api
from bessemer_lab.errors import LabError
from bessemer_lab.fleet import enrolment
from bessemer_lab.fleet.commands import Durations
from bessemer_lab.fleet.fleet import Fleet, FleetSpec
from bessemer_lab.fleet.lan import Conditions
from bessemer_lab.fleet.loopback import MOST, address_of
from bessemer_lab.machine.faults import Fault

_TOLD_EVERY_S: Final = 10.0
_SHARE: Final = re.compile(r"(0|0?\.[0-9]+|1|1\.0*)")


def fleet(
    nodes: Annotated[int, typer.Option(min=1, max=MOST, help="How many machines.")] = 100,
    cloud: Annotated[
        str, typer.Option(help="The cloud's API for operators, for --enrol.")
    ] = "http://127.0.0.1:6385",
    ramdisk_api: Annotated[
        str, typer.Option(help="The cloud's listener for ramdisks, which agents call.")
    ] = "http://127.0.0.1:6386",
    enrol: Annotated[
        bool, typer.Option("--enrol", help="Tell the cloud of every machine, then `manage` it.")
    ] = False,
    bmc_port: Annotated[
        int, typer.Option(min=1, max=65535, help="UDP port of all BMCs; 623 needs root.")
    ] = 6230,
    agent_port: Annotated[
        int, typer.Option(min=1, max=65535, help="TCP port of all agents.")
    ] = 9999,
    tls: Annotated[
        bool, typer.Option("--tls/--http", help="What agents speak; Bessemer takes TLS only.")
    ] = True,
    latency: Annotated[
        float, typer.Option(min=0.0, help="Seconds before a BMC answers a datagram.")
    ] = 0.0,
    loss: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of BMCs' datagrams that is lost.")
    ] = 0.0,
    duplicates: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of datagrams that comes twice.")
    ] = 0.0,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            help="A fault and the share of machines that have it, such as silent=0.01; may be "
            f"given again. Faults: {', '.join(Fault)}."
        ),
    ] = None,
    power_lag: Annotated[
        float, typer.Option(min=0.0, help="Seconds for which BMCs report the former power state.")
    ] = 0.0,
    boot_time: Annotated[
        float, typer.Option(min=0.0, help="Seconds from power-on to the agent's lookup.")
    ] = 2.0,
    write_time: Annotated[
        float, typer.Option(min=0.0, help="Seconds that an agent takes for an image.")
    ] = 10.0,
    clean_time: Annotated[
        float, typer.Option(min=0.0, help="Seconds that an agent takes for a clean step.")
    ] = 2.0,
) -> None:
    """Run a fleet: machines without substance, with true IPMI BMCs and agents, until Ctrl-C.

    Machine N has the address 127.64.0.1 + N, for its BMC (--bmc-port; user admin, password fleet)
    and its agent (--agent-port) alike. A machine that is powered on for a network boot gets an
    agent, which calls back, and carries out what it is told in --write-time and --clean-time.
    """
    try:
        spec = FleetSpec(
            count=nodes,
            ramdisk_url=ramdisk_api,
            bmc_port=bmc_port,
            agent_port=agent_port,
            conditions=Conditions(latency, loss, duplicates),
            faults=shares(faults or []),
            power_lag_s=power_lag,
            boot_s=boot_time,
            durations=Durations(write_time, clean_time),
            tls=tls,
        )
        asyncio.run(_run(spec, cloud if enrol else None, typer.echo))
    except LabError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def shares(words: list[str]) -> dict[Fault, float]:
    """`fault=share`, each. Raises LabError."""
    found = {}
    for word in words:
        name, _, share = word.partition("=")
        if name not in set(Fault) or not _SHARE.fullmatch(share):
            raise LabError(
                f"--faults {word!r} is not FAULT=SHARE with a share from 0 to 1; faults: "
                f"{', '.join(Fault)}"
            )
        found[Fault(name)] = float(share)
    return found


async def _run(spec: FleetSpec, cloud: str | None, say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    started = time.monotonic()
    fleet = Fleet(spec)
    await fleet.open()
    try:
        last = address_of(spec.count - 1)
        say(
            f"{spec.count} machines at {address_of(0)} to {last}: BMCs on UDP port "
            f"{fleet.spec.bmc_port}, agents on TCP port {fleet.spec.agent_port}; "
            f"{time.monotonic() - started:.1f} s, {_memory_mib()} MiB"
        )
        telling = asyncio.create_task(_tell(fleet, say))
        work = [asyncio.create_task(_enrol(fleet.spec, cloud, say))] if cloud is not None else []
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((*work, stopping), return_when=asyncio.FIRST_COMPLETED)
            for each in work:
                if each.done():
                    each.result()
            await stopping
        finally:
            for task in (telling, stopping, *work):
                task.cancel()
            await asyncio.gather(telling, stopping, *work, return_exceptions=True)
    finally:
        await fleet.close()


async def _enrol(spec: FleetSpec, cloud: str, say: Callable[[str], None]) -> None:
    async with Api(cloud) as api:
        for what, act in (
            ("enrolled", enrolment.enrol),
            ("asked to be managed", enrolment.manage),
        ):
            started, done = time.monotonic(), 0

            def count(what: str = what, started: float = started) -> None:
                nonlocal done
                done += 1
                if done % max(1, spec.count // 10) == 0 or done == spec.count:
                    per_s = done / max(time.monotonic() - started, 0.001)
                    say(f"{done} of {spec.count} nodes {what}, {per_s:.0f}/s")

            await act(api, spec, count)


async def _tell(fleet: Fleet, say: Callable[[str], None]) -> None:
    said = None
    while True:
        now = fleet.running, fleet.agents
        if now != said:
            say(f"{now[0]} machines on, {now[1]} agents alive, {_memory_mib()} MiB")
            said = now
        await asyncio.sleep(_TOLD_EVERY_S)


def _memory_mib() -> int:
    """The most that this process has used, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
