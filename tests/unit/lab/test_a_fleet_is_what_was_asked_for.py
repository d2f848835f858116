"""Fleets as plain values: faults, addresses, bodies of API calls, and what agents do on command."""

import asyncio

import pytest
from typer.testing import CliRunner

from bessemer_lab.cli import app
from bessemer_lab.errors import LabError
from bessemer_lab.fleet.command import shares
from bessemer_lab.fleet.commands import Commands, Durations
from bessemer_lab.fleet.enrolment import body_of
from bessemer_lab.fleet.fleet import FleetSpec, fault_sets, mac_of
from bessemer_lab.fleet.journal import Journal, Refused
from bessemer_lab.fleet.loopback import address_of, number_at
from bessemer_lab.machine.faults import Fault
from bessemer_wire import CommandRequest, CommandStatus

IMAGE = {"id": "x", "urls": ["http://a/b"], "checksum": "a" * 64}
NOTHING_AT_ALL = Durations(0.0, 0.0)


def a_spec(count: int = 100, **more) -> FleetSpec:
    return FleetSpec(count=count, ramdisk_url="http://127.0.0.1:6386", **more)


def test_faults_fall_on_their_share_of_machines_and_on_the_same_each_time():
    spec = a_spec(200, faults={Fault.SILENT: 0.1, Fault.NEVER_BOOTS: 0.5})
    found = fault_sets(spec)
    assert sum(Fault.SILENT in each for each in found) == 20
    assert sum(Fault.NEVER_BOOTS in each for each in found) == 100
    assert found == fault_sets(spec)


def test_shares_of_faults_are_read_or_refused():
    assert shares(["silent=0.01", "never-boots=1"]) == {Fault.SILENT: 0.01, Fault.NEVER_BOOTS: 1.0}
    for words in ("silent", "silent=2", "silent=x", "on-fire=0.1", "silent=nan"):
        with pytest.raises(LabError, match="FAULT=SHARE"):
            shares([words])


def test_each_machine_has_a_mac_and_an_address_of_its_own():
    assert len({mac_of(number) for number in range(70_000)}) == 70_000
    assert str(address_of(255)) == "127.64.1.0"
    assert [number_at(str(address_of(number))) for number in (0, 9_999)] == [0, 9_999]


def test_a_node_is_enrolled_with_its_bmc_and_a_true_deploy():
    body = body_of(a_spec(bmc_port=1623), 7)
    assert body["driver_info"]["ipmi_address"] == "127.64.0.8"
    assert body["driver_info"]["ipmi_port"] == 1623
    assert (body["power_interface"], body["deploy_interface"]) == ("ipmitool", "direct")


def test_the_command_explains_itself_and_refuses_in_words():
    runner = CliRunner()
    refused = runner.invoke(app, ["fleet", "--faults", "on-fire=0.1"])
    assert refused.exit_code == 1
    assert "FAULT=SHARE" in refused.output


class Life:
    """An agent's commands, and what they did."""

    def __init__(self, durations: Durations = NOTHING_AT_ALL) -> None:
        self.did: list[str] = []
        commands = Commands(
            durations, lambda: self.did.append("off"), lambda: self.did.append("locked")
        )
        self.journal = Journal(commands.work_of, lambda: self.did.append("heartbeat"))

    async def run(self, name: str, **params):
        entry = self.journal.submit(CommandRequest(name, params))
        await self.journal.wait()
        return self.journal.get(entry.id)


async def test_an_image_is_taken_as_written():
    life = Life()
    step = {"step": "write_image", "interface": "deploy", "args": {"image_info": IMAGE}}
    done = await life.run("deploy.execute_deploy_step", step=step)
    assert done.command_status is CommandStatus.SUCCEEDED
    assert "taken as written" in done.command_result["deploy_result"]
    assert done.command_result["deploy_step"] == step
    assert life.did == ["heartbeat"]


async def test_one_command_runs_at_a_time():
    life = Life(Durations(3600.0, 3600.0))
    life.journal.submit(CommandRequest("standby.prepare_image", {"image_info": IMAGE}))
    with pytest.raises(Refused) as busy:
        life.journal.submit(CommandRequest("standby.sync", {}))
    assert busy.value.status == 409
    await asyncio.sleep(0)
    assert life.journal.list()[0].command_progress is not None
    life.journal.break_off()
    await life.journal.wait()


async def test_power_off_is_done():
    life = Life()
    await life.run("standby.power_off")
    assert life.did == ["off", "heartbeat"]


@pytest.mark.parametrize(
    ("name", "params", "status"),
    [
        ("standby.explode", {}, 404),
        ("deploy.execute_deploy_step", {"step": {"step": "explode"}}, 400),
        ("deploy.execute_deploy_step", {"step": {"step": "write_image", "args": {}}}, 400),
        ("clean.execute_clean_step", {}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused(name, params, status):
    with pytest.raises(Refused) as refused:
        Life().journal.submit(CommandRequest(name, params))
    assert refused.value.status == status
