"""ipmitool is the oracle: whatever is asked of a BMC natively has the same result as by the program."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from tests.contract.baremetal.bmc_of_test import bmc, node_with_bmc
from tests.contract.baremetal.refusing_bmc import (
    INSUFFICIENT_RESOURCES,
    NO_CIPHER_SUITE_MATCH,
    NO_SUCH_ROLE,
    UNKNOWN_NAME,
    bmc_on_loopback,
)
from tests.contract.fleet.fleet_of_test import Bmcs, Watched, bmcs, ipmitool

from bessemer.baremetal.domain.node import BootDevice, Power, PowerTarget
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipmi.access import BmcAccess, access_of
from bessemer.baremetal.drivers.ipmi.boot_device import SUPPORTED, BootOrder
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.drivers.ipmi.commands import BmcCommands
from bessemer.baremetal.drivers.ipmi.failures import BmcRefused
from bessemer.baremetal.drivers.ipmi.native.client import NotSpoken
from bessemer.baremetal.hardware_settings import IpmiClient
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import BessemerError
from bessemer_lab.fleet.lan import Conditions
from bessemer_lab.machine.faults import Fault

SETTINGS = BareMetalSettings(ipmi_retry_timeout=timedelta(seconds=30))
IMPATIENT = BareMetalSettings(ipmi_retry_timeout=timedelta(seconds=5))
KG = "6b" * 20
SUPERMICRO = 10876
IPMITOOLS_SESSION = b"\xa4\xa3\xa2\xa0"
"""The number that it gives each of its sessions."""


@asynccontextmanager
async def clients(settings: BareMetalSettings = SETTINGS) -> AsyncIterator[IpmiClients]:
    made = IpmiClients(settings)
    try:
        yield made
    finally:
        made.close()


def access(port: int, address: str = "127.0.0.1", **info: Any) -> BmcAccess:
    return access_of(node_with_bmc(port, ipmi_address=address, **info))


def of(fleet: Bmcs, number: int = 0, **info: Any) -> BmcAccess:
    return access(fleet.lan.port, fleet.address(number), **info)


async def result(
    ask: Callable[[BmcCommands], Awaitable[object]], commands: BmcCommands
) -> tuple[object, ...]:
    """What is answered, or what is raised and said."""
    try:
        return ("answered", await ask(commands))
    except BessemerError as error:
        return (type(error), error.message)


async def same(
    made: IpmiClients, ask: Callable[[BmcCommands], Awaitable[object]]
) -> tuple[object, ...]:
    """The result by both ways, which must agree."""
    natively = await result(ask, made.by_itself)
    assert natively == await result(ask, made.by_ipmitool)
    return natively


ORDERS = (PowerTarget.ON, PowerTarget.REBOOT, PowerTarget.SOFT_OFF, PowerTarget.ON, PowerTarget.OFF)


async def speak(made: IpmiClients, to: BmcAccess) -> list[tuple[object, ...]]:
    """Every command."""
    said = []
    for order in ORDERS:
        said.append(await same(made, lambda way, order=order: way.order_power(to, order)))
        said.append(await same(made, lambda way: way.power_state(to)))
    said.append(await same(made, lambda way: way.boot_flags(to)))
    for device in SUPPORTED:
        for uefi in (False, True):
            order = BootOrder(device, persistent=uefi, uefi=uefi)
            said.append(await same(made, lambda way, order=order: way.order_boot(to, order)))
            said.append(await same(made, lambda way: way.boot_flags(to)))
    said.append(await same(made, lambda way: way.keep_boot_flags(to)))
    said.append(await same(made, lambda way: way.manufacturer(to)))
    return said


async def test_every_command_has_the_same_result_at_pyghmis_bmc():
    with bmc(manufacturer=SUPERMICRO) as port:
        async with clients() as made:
            said = await speak(made, access(port))
    assert said[1] == ("answered", Power.ON)
    assert said[-1] == ("answered", SUPERMICRO)
    assert ("answered", bytes.fromhex("e008000000")) in said


@pytest.mark.parametrize("suite", [3, 17])
async def test_every_command_has_the_same_result_at_a_fleets_bmc(suite):
    async with bmcs() as fleet, clients() as made:
        said = await speak(made, of(fleet, ipmi_cipher_suite=suite))
    assert all(each[0] == "answered" for each in said)


async def test_what_one_way_orders_the_other_reads():
    async with bmcs() as fleet, clients() as made:
        to, order = of(fleet), BootOrder(BootDevice.PXE, persistent=True, uefi=True)
        await made.by_itself.order_boot(to, order)
        assert await made.by_ipmitool.boot_flags(to) == order.flags
        await made.by_ipmitool.order_power(to, PowerTarget.ON)
        assert await made.by_itself.power_state(to) is Power.ON
        assert fleet.machines[0].running_from == "pxe"


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"ipmi_password": Secret("wrong")}, "wrong password"),
        ({"ipmi_username": "nobody"}, "knows no such user"),
        ({"ipmi_username": "operator", "ipmi_password": Secret("other")}, "lower ipmi_priv_level"),
        ({"ipmi_hex_kg_key": Secret(KG)}, "wrong ipmi_hex_kg_key"),
    ],
)
async def test_refused_logins_are_told_in_the_same_words(info, words):
    async with bmcs() as fleet, clients() as made:
        to = of(fleet, **info)
        kind, message = await same(made, lambda way: way.power_state(to))
        assert kind is BmcRefused
        assert words in str(message)


async def test_a_kg_key_is_used_where_there_is_one():
    async with bmcs(kg_key=bytes.fromhex(KG)) as fleet, clients() as made:
        keyless = of(fleet)
        without = await same(made, lambda way: way.power_state(keyless))
        assert "the BMC has one and none is given" in str(without[1])
        to = of(fleet, ipmi_hex_kg_key=Secret(KG))
        assert await same(made, lambda way: way.power_state(to)) == ("answered", Power.OFF)


async def test_missing_rights_are_told_in_the_same_words():
    info = {"ipmi_username": "user", "ipmi_password": Secret("little"), "ipmi_priv_level": "user"}
    async with bmcs() as fleet, clients() as made:
        to = of(fleet, **info)
        assert await same(made, lambda way: way.power_state(to)) == ("answered", Power.OFF)
        refused = await same(made, lambda way: way.order_power(to, PowerTarget.ON))
        assert "give the account more rights" in str(refused[1])


@pytest.mark.parametrize(
    "refusal", [NO_CIPHER_SUITE_MATCH, NO_SUCH_ROLE, UNKNOWN_NAME], ids=lambda r: repr(r)
)
async def test_every_refusal_is_told_in_the_same_words(refusal):
    async with bmc_on_loopback(refusal) as (port, _), clients() as made:
        to = access(port)
        assert (await same(made, lambda way: way.power_state(to)))[0] is BmcRefused


async def test_a_full_bmc_is_told_by_both():
    async with bmc_on_loopback(INSUFFICIENT_RESOURCES) as (port, _), clients(IMPATIENT) as made:
        for way in (made.by_itself, made.by_ipmitool):
            kind, message = await result(lambda way: way.power_state(access(port)), way)
            assert "sessions are taken" in str(message), kind


async def test_a_bad_network_is_survived():
    conditions = Conditions(latency_s=0.005, loss=0.1, duplicates=0.3)
    async with bmcs(20, conditions=conditions) as fleet, clients() as made:
        targets = [of(fleet, number) for number in range(20)]
        for order, power in ((PowerTarget.ON, Power.ON), (PowerTarget.OFF, Power.OFF)):
            await asyncio.gather(*(made.by_itself.order_power(to, order) for to in targets))
            seen = await asyncio.gather(*(made.by_itself.power_state(to) for to in targets))
            assert set(seen) == {power}


async def test_a_thousand_bmcs_are_asked_at_once():
    async with bmcs(1000) as fleet, clients() as made:
        asked = [made.commands.power_state(of(fleet, number)) for number in range(1000)]
        assert set(await asyncio.gather(*asked)) == {Power.OFF}


async def test_a_session_is_used_again_and_opened_anew_when_the_bmc_forgot_it():
    async with bmcs() as fleet, clients() as made:
        to = of(fleet)
        watched = Watched(fleet.bmcs[0])
        fleet.receive_by(watched.receive)
        await made.by_itself.power_state(to)
        opening = len(watched.datagrams)
        await made.by_itself.power_state(to)
        assert len(watched.datagrams) == opening + 1
        fleet.restart_bmc()
        assert await made.by_itself.power_state(to) is Power.OFF


async def test_a_changed_password_is_used_at_once():
    async with bmcs() as fleet, clients() as made:
        await made.by_itself.power_state(of(fleet))
        wrong = of(fleet, ipmi_password=Secret("wrong"))
        kind, _ = await result(lambda way: way.power_state(wrong), made.by_itself)
        assert kind != "answered"


async def test_a_bmc_that_only_ipmitool_understands_is_spoken_to_by_ipmitool():
    async with bmcs() as fleet, clients() as made:
        bmc_itself = fleet.bmcs[0]

        def odd(datagram: bytes, now_s: float) -> bytes | None:
            """Answers openings cut off, but for ipmitool."""
            answer = bmc_itself.receive(datagram, now_s)
            is_opening = datagram[5:6] == b"\x10" and IPMITOOLS_SESSION not in datagram
            return answer[:-9] if answer and is_opening else answer

        fleet.receive_by(odd)
        with pytest.raises(NotSpoken):
            await made.by_itself.power_state(of(fleet))
        assert await made.commands.power_state(of(fleet)) is Power.OFF


@pytest.mark.parametrize(
    "settings", [{"ipmi_client": IpmiClient.IPMITOOL}, {"ipmi_cipher_suites": (1,)}]
)
async def test_what_is_not_for_the_native_client_never_reaches_it(settings):
    async with bmcs() as fleet, clients(BareMetalSettings(**settings)) as made:
        watched = Watched(fleet.bmcs[0])
        fleet.receive_by(watched.receive)
        found = await result(lambda way: way.power_state(of(fleet)), made.commands)
        wanted = "answered" if "ipmi_client" in settings else "does not speak cipher suite 1"
        assert wanted in str(found)
        openings = [each for each in watched.datagrams if each[5:6] == b"\x10"]
        assert openings
        assert all(IPMITOOLS_SESSION in each for each in openings)


async def test_a_silent_bmc_is_given_up_and_others_are_not_held_up():
    async with bmcs(2) as fleet, clients(IMPATIENT) as made:
        fleet.machines[0].faults = frozenset({Fault.SILENT})
        asked = [made.commands.power_state(of(fleet, number)) for number in (0, 1)]
        silent, healthy = await asyncio.gather(*asked, return_exceptions=True)
        assert healthy is Power.OFF
        assert isinstance(silent, BessemerError)
        assert "firewall" in silent.message


async def test_ipmitool_works_while_a_native_session_is_open():
    async with bmcs() as fleet, clients() as made:
        await made.by_itself.order_power(of(fleet), PowerTarget.ON)
        assert (await ipmitool(fleet, "power", "status")).output == "Chassis Power is on\n"
        assert await made.by_itself.power_state(of(fleet)) is Power.ON
