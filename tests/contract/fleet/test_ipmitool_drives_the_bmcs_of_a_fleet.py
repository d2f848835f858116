"""The real ipmitool against BMCs of a fleet."""

import asyncio

import pytest
from tests.contract.fleet.fleet_of_test import bmcs, ipmitool

from bessemer_lab.errors import LabError
from bessemer_lab.fleet.lan import Conditions, Lan
from bessemer_lab.machine.boot import BootChoice, BootDevice
from bessemer_lab.machine.faults import Fault


@pytest.mark.parametrize("suite", ["3", "17"])
async def test_power_goes_on_and_off(suite):
    async with bmcs() as fleet:
        off = await ipmitool(fleet, "-C", suite, "power", "status")
        assert off.output == "Chassis Power is off\n"
        await ipmitool(fleet, "-C", suite, "power", "on")
        assert fleet.machines[0].is_on
        on = await ipmitool(fleet, "-C", suite, "power", "status")
        assert on.output == "Chassis Power is on\n"
        await ipmitool(fleet, "power", "soft")
        assert not fleet.machines[0].is_on


async def test_the_best_cipher_suite_is_found():
    async with bmcs() as fleet:
        said = await ipmitool(fleet, "power", "status")
        assert "Using best available cipher suite 17" in said.complaints


async def test_each_machine_is_its_own():
    async with bmcs(300) as fleet:
        await asyncio.gather(*(ipmitool(fleet, "power", "on", number=n) for n in (0, 255, 299)))
        assert [n for n, each in enumerate(fleet.machines) if each.is_on] == [0, 255, 299]


async def test_boot_devices_are_ordered_and_read():
    async with bmcs() as fleet:
        await ipmitool(fleet, "chassis", "bootdev", "pxe", "options=persistent,efiboot")
        await ipmitool(fleet, "chassis", "bootdev", "disk")
        assert fleet.machines[0].boot == BootChoice(BootDevice.DISK, BootDevice.PXE)
        await ipmitool(fleet, "power", "on")
        assert fleet.machines[0].running_from is BootDevice.DISK
        read = await ipmitool(fleet, "chassis", "bootparam", "get", "5")
        assert "Boot parameter data: e004000000" in read.output


async def test_the_rest_of_a_bmc_is_there():
    async with bmcs() as fleet:
        info = await ipmitool(fleet, "mc", "info")
        assert "IPMI Version              : 2.0" in info.output
        sensors = await ipmitool(fleet, "sdr")
        assert "Inlet Temp" in sensors.output
        guid = await ipmitool(fleet, "mc", "guid")
        assert guid.status == 0
        await ipmitool(fleet, "power", "diag")
        assert fleet.machines[0].interrupts == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"password": "wrong"}, "RAKP 2 HMAC is invalid"),
        ({"user": "nobody"}, "unauthorized name"),
        ({"user": "operator", "password": "other"}, "unauthorized role"),
    ],
)
async def test_logins_are_refused_in_words(options, words):
    async with bmcs() as fleet:
        said = await ipmitool(fleet, "power", "status", **options)
        assert words in said.complaints
        assert "Chassis Power" not in said.output


async def test_rights_are_kept():
    async with bmcs() as fleet:
        user = {"user": "user", "password": "little"}
        read = await ipmitool(fleet, "-L", "USER", "power", "status", **user)
        assert read.output == "Chassis Power is off\n"
        refused = await ipmitool(fleet, "-L", "USER", "power", "on", **user)
        assert "Insufficient privilege level" in refused.complaints
        assert not fleet.machines[0].is_on
        operator = {"user": "operator", "password": "other"}
        await ipmitool(fleet, "-L", "OPERATOR", "power", "on", **operator)
        assert fleet.machines[0].is_on


async def test_a_kg_key_is_needed_where_there_is_one():
    async with bmcs(kg_key=b"k" * 20) as fleet:
        without = await ipmitool(fleet, "power", "status")
        assert "RAKP 4 message has invalid integrity check value" in without.complaints
        given = await ipmitool(fleet, "-y", (b"k" * 20).hex(), "power", "status")
        assert given.output == "Chassis Power is off\n"


async def test_faults_are_faults():
    async with bmcs(faults=frozenset({Fault.WRONG_PASSWORD})) as fleet:
        assert "RAKP 2 HMAC is invalid" in (await ipmitool(fleet, "power", "status")).complaints
        fleet.machines[0].faults = frozenset({Fault.SILENT})
        silent = await ipmitool(fleet, "-R", "1", "-N", "1", "power", "status")
        assert silent.status
        fleet.machines[0].faults = frozenset({Fault.IGNORE_POWER_ON})
        await ipmitool(fleet, "power", "on")
        assert not fleet.machines[0].is_on


async def test_power_can_be_lied_about():
    async with bmcs(lag_s=3600.0) as fleet:
        await ipmitool(fleet, "power", "on")
        assert fleet.machines[0].is_on
        said = await ipmitool(fleet, "power", "status")
        assert said.output == "Chassis Power is off\n"


async def test_slow_and_doubled_answers_are_survived():
    async with bmcs(conditions=Conditions(latency_s=0.02, duplicates=0.5)) as fleet:
        for order, words in (("on", "Up/On"), ("off", "Down/Off")):
            said = await ipmitool(fleet, "power", order)
            assert words in said.output


async def test_a_port_is_one_fleets():
    async with bmcs() as fleet:
        second = Lan({}, fleet.lan.port, Conditions())
        with pytest.raises(LabError, match="cannot listen"):
            second.open()
