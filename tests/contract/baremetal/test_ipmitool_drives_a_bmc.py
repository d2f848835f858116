"""The IPMI plug-ins against BMCs that speak IPMI 2.0 over UDP: natively and by ipmitool alike."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.baremetal_task import MemoryTask
from tests.contract.baremetal.bmc_of_test import bmc, node_with_bmc
from tests.contract.baremetal.management_contract import ManagementContract
from tests.contract.baremetal.power_contract import Machine, PowerContract
from tests.contract.baremetal.refusing_bmc import (
    INSUFFICIENT_RESOURCES,
    NO_CIPHER_SUITE_MATCH,
    NO_SUCH_ROLE,
    UNKNOWN_NAME,
    Refusal,
    bmc_on_loopback,
)
from tests.contract.baremetal.vendor_contract import VendorContract

from bessemer.baremetal.domain import boot_order
from bessemer.baremetal.domain.management import BootMode
from bessemer.baremetal.domain.node import BootDevice, Node, Power, PowerTarget
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.ipmi.access import access_of
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.drivers.ipmi.commands import BmcCommands
from bessemer.baremetal.drivers.ipmi.failures import BmcRefused, BmcUnreachable
from bessemer.baremetal.drivers.ipmi.ipmitool import Ipmitool
from bessemer.baremetal.drivers.ipmi.management import IpmitoolManagement
from bessemer.baremetal.drivers.ipmi.power import IpmitoolPower
from bessemer.baremetal.drivers.ipmi.vendor import IpmitoolVendor
from bessemer.baremetal.hardware_settings import IpmiClient
from bessemer.baremetal.interfaces.plugin import Unsupported
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Forbidden, Invalid

SETTINGS = BareMetalSettings(
    ipmi_retry_timeout=timedelta(seconds=20), power_state_change_timeout=timedelta(seconds=3)
)
IMPATIENT = SETTINGS.model_copy(update={"ipmi_retry_timeout": timedelta(seconds=5)})
SUPERMICRO = 10876


Clients = Callable[[BareMetalSettings], IpmiClients]


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    """Makes clients, which are closed after the test."""
    made: list[IpmiClients] = []

    def make(settings: BareMetalSettings) -> IpmiClients:
        made.append(IpmiClients(settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=list(IpmiClient))
def way(request: pytest.FixtureRequest) -> IpmiClient:
    """Each test is run by either way of speaking; neither falls back on the other."""
    found: IpmiClient = request.param
    return found


def by(way: IpmiClient, clients: IpmiClients) -> BmcCommands:
    return clients.by_itself if way is IpmiClient.NATIVE else clients.by_ipmitool


@pytest.fixture
def power(way: IpmiClient, clients: Clients) -> IpmitoolPower:
    return IpmitoolPower(by(way, clients(SETTINGS)), SETTINGS)


@pytest.fixture
def impatient(way: IpmiClient, clients: Clients) -> IpmitoolPower:
    """Gives a silent or busy BMC up soon."""
    return IpmitoolPower(by(way, clients(IMPATIENT)), IMPATIENT)


@pytest.fixture
def ipmitool(clients: Clients) -> Ipmitool:
    return clients(SETTINGS).ipmitool


@pytest.fixture
def management(way: IpmiClient, clients: Clients) -> IpmitoolManagement:
    made = clients(SETTINGS)
    return IpmitoolManagement(by(way, made), made.ipmitool, SETTINGS)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with ExitStack() as stack:

        def make(*, deaf: bool = False, info: dict[str, Any] | None = None, **given: Any) -> Node:
            port = stack.enter_context(bmc(ignores_power=deaf, **given))
            return node_with_bmc(port, **(info or {}))

        yield make


def with_info(node: Node, **changes: Any) -> Node:
    return replace(node, driver_info={**node.driver_info, **changes})


class TestIpmitoolPower(PowerContract):
    """The contract, and what is special about IPMI."""

    @pytest.fixture
    def broken(self, machine: Machine) -> Node:
        return with_info(machine(), ipmi_password=Secret("wrong"))

    async def test_a_wrong_password_is_told_at_once_and_never_shown(
        self, power: IpmitoolPower, machine: Machine
    ) -> None:
        node = with_info(machine(), ipmi_password=Secret("hunter2"))
        started = time.monotonic()
        with pytest.raises(BmcRefused, match="wrong password") as caught:
            await power.get_power_state(node)
        assert time.monotonic() - started < SETTINGS.ipmi_retry_timeout.total_seconds() / 2
        assert "hunter2" not in str(caught.value)
        assert "127.0.0.1" in str(caught.value)

    async def test_an_empty_password_is_a_password(
        self, power: IpmitoolPower, machine: Machine
    ) -> None:
        node = with_info(machine(users={"admin": ""}), ipmi_password="")
        assert await power.get_power_state(node) is Power.OFF

    async def test_the_password_is_on_no_command_line(
        self, clients: Clients, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[str] = []
        start = asyncio.create_subprocess_exec

        async def watch(*argv: str, **options: Any) -> asyncio.subprocess.Process:
            seen.extend(argv)
            seen.extend(value.decode() for value in options["env"].values())
            return await start(*argv, **options)

        monkeypatch.setattr(asyncio, "create_subprocess_exec", watch)
        power = IpmitoolPower(clients(SETTINGS).by_ipmitool, SETTINGS)
        await power.get_power_state(machine())
        assert "ipmitool" in seen
        assert not any("secret" in word for word in seen)

    async def test_a_silent_bmc_is_given_up_in_time_with_the_next_command(
        self, impatient: IpmitoolPower
    ) -> None:
        async with bmc_on_loopback(None) as (port, silent):
            started = time.monotonic()
            with pytest.raises(BmcUnreachable) as caught:
                await impatient.get_power_state(node_with_bmc(port))
            took = time.monotonic() - started
            assert silent.requests
        assert took < IMPATIENT.ipmi_retry_timeout.total_seconds() + 15
        for words in ("127.0.0.1", str(port), "firewall", "ipmitool -I lanplus", "5 s"):
            assert words in caught.value.message
        assert "secret" not in caught.value.message

    @pytest.mark.parametrize(
        ("refusal", "words"),
        [
            (UNKNOWN_NAME, "knows no such user"),
            (NO_SUCH_ROLE, "privilege level"),
            (NO_CIPHER_SUITE_MATCH, "does not speak cipher suite 17, 3"),
        ],
    )
    async def test_refusals_are_told_apart(
        self, power: IpmitoolPower, refusal: Refusal, words: str
    ) -> None:
        async with bmc_on_loopback(refusal) as (port, _):
            with pytest.raises(BmcRefused, match=words):
                await power.get_power_state(node_with_bmc(port))

    async def test_a_bmc_without_a_free_session_is_tried_again(
        self, impatient: IpmitoolPower
    ) -> None:
        async with bmc_on_loopback(INSUFFICIENT_RESOURCES) as (port, full):
            with pytest.raises(BmcUnreachable, match="sessions are taken"):
                await impatient.get_power_state(node_with_bmc(port))
            assert len(full.ciphers_proposed) > 2

    async def test_cipher_suite_17_is_tried_before_3(self, power: IpmitoolPower) -> None:
        async with bmc_on_loopback(NO_CIPHER_SUITE_MATCH) as (port, old):
            with pytest.raises(BmcRefused):
                await power.get_power_state(node_with_bmc(port))
            assert old.ciphers_proposed == [3, 1]

    async def test_a_given_cipher_suite_is_the_only_one_tried(self, power: IpmitoolPower) -> None:
        async with bmc_on_loopback(NO_CIPHER_SUITE_MATCH) as (port, old):
            with pytest.raises(BmcRefused, match="cipher suite 3;"):
                await power.get_power_state(node_with_bmc(port, ipmi_cipher_suite=3))
            assert old.ciphers_proposed == [1]

    async def test_too_little_privilege_is_told_and_curable(
        self, power: IpmitoolPower, machine: Machine
    ) -> None:
        node = machine(highest_privilege=3)
        with pytest.raises(BmcRefused, match="lower ipmi_priv_level"):
            await power.get_power_state(node)
        assert await power.get_power_state(with_info(node, ipmi_priv_level="operator")) is Power.OFF

    @pytest.mark.parametrize("code", [0xC0, 0xC3, 0xC4, 0xD2])
    async def test_a_busy_bmc_is_asked_again(
        self, power: IpmitoolPower, machine: Machine, code: int
    ) -> None:
        assert await power.get_power_state(machine(busy=1, busy_code=code)) is Power.OFF

    async def test_a_wrong_kg_key_is_told_and_not_shown(
        self, power: IpmitoolPower, machine: Machine
    ) -> None:
        node = with_info(machine(), ipmi_hex_kg_key=Secret("61" * 20))
        with pytest.raises(BmcRefused, match="wrong ipmi_hex_kg_key") as caught:
            await power.get_power_state(node)
        assert "6161" not in str(caught.value)

    async def test_commands_to_one_bmc_wait_for_each_other_and_for_the_interval(
        self, way: IpmiClient, clients: Clients, machine: Machine
    ) -> None:
        settings = SETTINGS.model_copy(update={"ipmi_min_command_interval": timedelta(seconds=0.4)})
        patient, node = IpmitoolPower(by(way, clients(settings)), settings), machine()
        await patient.get_power_state(node)
        started = time.monotonic()
        await asyncio.gather(*(patient.get_power_state(node) for _ in range(3)))
        assert time.monotonic() - started > 3 * 0.4

    async def test_a_cancelled_command_leaves_nobody_who_sends(self, power: IpmitoolPower) -> None:
        async with bmc_on_loopback(None) as (port, silent):
            asking = asyncio.create_task(power.get_power_state(node_with_bmc(port)))
            while not silent.requests:  # noqa: ASYNC110 - polls a datagram endpoint
                await asyncio.sleep(0.02)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            heard = len(silent.requests)
            await asyncio.sleep(1.5)  # it would have been sent again by now
            assert len(silent.requests) == heard


@pytest.mark.parametrize("boot_mode", ["bios", "uefi"])
class TestIpmitoolManagement(ManagementContract):
    """The contract, in both boot modes."""

    @pytest.fixture
    def node(self, machine: Machine, boot_mode: str) -> Node:
        return replace(machine(), properties={"capabilities": f"boot_mode:{boot_mode}"})

    async def test_a_supermicro_board_gets_its_own_disk_code(
        self,
        management: IpmitoolManagement,
        ipmitool: Ipmitool,
        machine: Machine,
        boot_mode: str,
    ) -> None:
        node = replace(
            machine(manufacturer=SUPERMICRO), properties={"capabilities": f"boot_mode:{boot_mode}"}
        )
        await management.set_boot_device(node, BootDevice.DISK, persistent=True)
        assert await management.get_boot_device(node) == (BootDevice.DISK, True)
        flags = await ipmitool.run(access_of(node), "chassis", "bootparam", "get", "5")
        assert {"bios": "c008000000", "uefi": "e024000000"}[boot_mode] in flags

    @pytest.mark.parametrize(("setting", "kept"), [(None, "08"), (False, "00")])
    async def test_the_bmc_is_told_to_keep_the_order_longer_than_a_minute(
        self,
        management: IpmitoolManagement,
        ipmitool: Ipmitool,
        node: Node,
        boot_mode: str,
        setting: bool | None,
        kept: str,
    ) -> None:
        node = with_info(node, ipmi_disable_boot_timeout=setting)
        await management.set_boot_device(node, BootDevice.PXE, persistent=False)
        read_timeout = ("raw", "0x00", "0x09", "0x03", "0x00", "0x00")
        answer = await ipmitool.run(access_of(node), *read_timeout)
        assert answer.split() == ["01", "03", kept]

    async def test_a_bmc_without_the_boot_timeout_still_takes_the_order(
        self, management: IpmitoolManagement, machine: Machine, boot_mode: str
    ) -> None:
        node = machine(knows_boot_timeout=False)
        await management.set_boot_device(node, BootDevice.PXE, persistent=False)
        assert await management.get_boot_device(node) == (BootDevice.PXE, False)

    async def test_nothing_ordered_reads_as_nothing(
        self, management: IpmitoolManagement, node: Node, boot_mode: str
    ) -> None:
        assert await management.get_boot_device(node) == (None, None)


async def test_a_healthy_bmc_answers_quickly(power: IpmitoolPower, machine: Machine) -> None:
    node = machine()
    await power.get_power_state(node)  # finds the cipher suite
    took = []
    for _ in range(10):
        started = time.monotonic()
        await power.get_power_state(node)
        took.append(time.monotonic() - started)
    assert min(took) < 0.5  # 0.035 on an idle machine; this one may be busy


async def test_power_and_management_share_one_bmc(
    way: IpmiClient, clients: Clients, machine: Machine
) -> None:
    made, node = clients(SETTINGS), machine()
    power = IpmitoolPower(by(way, made), SETTINGS)
    management = IpmitoolManagement(by(way, made), made.ipmitool, SETTINGS)
    await asyncio.gather(
        power.switch(node, PowerTarget.ON),
        management.set_boot_device(node, BootDevice.PXE, persistent=False),
    )
    assert await power.get_power_state(node) is Power.ON
    assert await management.get_boot_device(node) == (BootDevice.PXE, False)


REPORT = ("raw", "0x30", "0x01")


async def report(ipmitool: Ipmitool, node: Node) -> dict[str, Any]:
    """What happened to the machine so far."""
    octets = (await ipmitool.run(access_of(node), *REPORT)).split()
    found: dict[str, Any] = json.loads(bytes.fromhex("".join(octets)))
    return found


async def test_an_nmi_reaches_the_machine(
    management: IpmitoolManagement, ipmitool: Ipmitool, machine: Machine
) -> None:
    node = machine()
    await management.inject_nmi(node)
    assert (await report(ipmitool, node))["nmi"] == 1


async def test_sensors_are_told_by_kind_and_id(
    management: IpmitoolManagement, machine: Machine
) -> None:
    found = await management.get_sensors_data(machine())
    assert {"Temperature", "Fan"} <= set(found)
    inlet = found["Temperature"]["Inlet Temp (0x0)"]
    assert inlet["Sensor ID"] == "Inlet Temp (0x0)"
    assert inlet["Sensor Reading"].startswith("21")
    assert "degrees C" in inlet["Sensor Reading"]


async def test_the_vendor_is_told_by_the_bmc(
    management: IpmitoolManagement, machine: Machine
) -> None:
    supermicro = machine(manufacturer=SUPERMICRO)
    assert (await management.detect_vendor(supermicro)).replace(" ", "").startswith("supermicro")
    for number in (0, 0xFFFFF):
        with pytest.raises(Unsupported, match="telling the vendor"):
            await management.detect_vendor(machine(manufacturer=number))


async def test_boot_modes_are_not_for_ipmi(
    management: IpmitoolManagement, machine: Machine
) -> None:
    node = machine()
    assert management.supported_boot_modes(node) == ()
    with pytest.raises(Unsupported, match="boot mode"):
        await management.set_boot_mode(node, BootMode.UEFI)


@pytest.mark.parametrize("boot_mode", ["bios", "uefi"])
@pytest.mark.parametrize("forced", [True, False])
async def test_a_bmc_that_forgets_is_told_its_boot_device_before_each_start(
    power: IpmitoolPower,
    management: IpmitoolManagement,
    ipmitool: Ipmitool,
    machine: Machine,
    forced: bool,
    boot_mode: str,
) -> None:
    node = machine(forgets_boot_device=True)
    node = with_info(node, ipmi_force_boot_device=forced)
    node = replace(node, properties={"capabilities": f"boot_mode:{boot_mode}"})
    await management.set_boot_device(node, BootDevice.DISK, persistent=True)
    node = boot_order.ordered(node, BootDevice.DISK, persistent=True)
    seen = []
    for target in (PowerTarget.ON, PowerTarget.OFF, PowerTarget.ON):
        await power.switch(node, target)
        seen.append((await report(ipmitool, node))["started_with"])
    disk = {"bios": "c008000000", "uefi": "e008000000"}[boot_mode]
    assert seen == [disk, disk, disk if forced else "0000000000"]


async def test_an_order_for_one_boot_is_not_written_over(
    power: IpmitoolPower, management: IpmitoolManagement, ipmitool: Ipmitool, machine: Machine
) -> None:
    node = with_info(machine(), ipmi_force_boot_device="true")
    node = boot_order.ordered(node, BootDevice.DISK, persistent=True)
    await management.set_boot_device(node, BootDevice.PXE, persistent=False)
    await power.switch(boot_order.ordered(node, BootDevice.PXE, persistent=False), PowerTarget.ON)
    assert (await report(ipmitool, node))["started_with"] == "8004000000"


RAW = SETTINGS.model_copy(update={"ipmi_raw_commands": True})


class TestIpmitoolVendor(VendorContract):
    """The contract."""

    @pytest.fixture
    def vendor(self, ipmitool: Ipmitool) -> IpmitoolVendor:
        return IpmitoolVendor(ipmitool, RAW)


async def test_raw_commands_are_off_unless_the_operator_wants_them(
    ipmitool: Ipmitool, power: IpmitoolPower, machine: Machine
) -> None:
    """CVE-2026-54423."""
    node, vendor = machine(), IpmitoolVendor(ipmitool, SETTINGS)
    body = {"raw_bytes": "0x00 0x02 0x01"}
    for method, given in (("send_raw", body), ("bmc_reset", {})):
        with pytest.raises(Forbidden, match="ipmi_raw_commands"):
            vendor.validate_method(node, method, given)
        with pytest.raises(Forbidden, match="ipmi_raw_commands"):
            await vendor.call(node, vendor.passthru_methods()[method], given)
    with pytest.raises(Forbidden, match="ipmi_raw_commands"):
        await vendor.run_step("send_raw", MemoryTask(node), body)
    assert await power.get_power_state(node) is Power.OFF


async def test_raw_commands_reach_the_bmc(
    ipmitool: Ipmitool, power: IpmitoolPower, machine: Machine
) -> None:
    node, vendor = machine(), IpmitoolVendor(ipmitool, RAW)
    methods = vendor.passthru_methods()
    body = {"raw_bytes": "0x00 0x02 0x01"}
    vendor.validate_method(node, "send_raw", body)
    await vendor.call(node, methods["send_raw"], body)
    assert await power.get_power_state(node) is Power.ON
    await vendor.run_step("send_raw", MemoryTask(node), {"raw_bytes": "0 2 4"})
    await vendor.call(node, methods["bmc_reset"], {"warm": False})
    found = await report(ipmitool, node)
    assert (found["nmi"], found["cold reset"]) == (1, 1)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("send_raw", {}),
        ("send_raw", {"raw_bytes": "0x00"}),
        ("send_raw", {"raw_bytes": "0x00 0x100"}),
        ("send_raw", {"raw_bytes": "0x00 256"}),
        ("send_raw", {"raw_bytes": "0x00 0x01; reboot"}),
        ("send_raw", {"raw_bytes": "-H 10.0.0.1"}),
        ("send_raw", {"raw_bytes": ["0x00", "0x01"]}),
        ("send_raw", {"raw_bytes": "0x00 " * 300}),
        ("send_raw", {"raw_bytes": "0x00 0x01", "more": 1}),
        ("bmc_reset", {"warm": "yes"}),
        ("bmc_reset", {"hot": True}),
    ],
)
def test_raw_commands_that_are_none_are_refused(
    ipmitool: Ipmitool, method: str, body: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match=method):
        IpmitoolVendor(ipmitool, RAW).validate_method(node_with_bmc(623), method, body)
