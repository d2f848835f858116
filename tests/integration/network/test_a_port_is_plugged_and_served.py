"""Real database, real Open vSwitch, real dnsmasq: from a port in a table to an address on a NIC."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from tests.databases import url_of
from tests.integration.network.cloud import (
    ADMIN,
    SOON,
    SWITCH_ID,
    a_link,
    a_network,
    a_plugged_port,
    a_room,
    eventually,
)
from tests.integration.network.dhcp_client import ACK, OFFER, Client
from tests.integration.network.real_switch import BRIDGE, RealSwitch, run
from tests.integration.network.tftp_client import TftpError, fetch

from bessemer.bus.memory import MemoryBus
from bessemer.db.engine import Database
from bessemer.errors import ConfigurationError
from bessemer.network.dhcp.takeover import end_leftover
from bessemer.network.domain.addresses import Pool
from bessemer.network.public import Binding, DhcpOption, PortSpec, PortStatus, SwitchFailure
from bessemer.network.service import EmbeddedNetwork, remove_leftovers
from bessemer.network.settings import LentAddresses, NetworkSettings, SwitchSettings

PROVISIONING, TENANT = 100, 200
BOOT_OPTIONS = (
    DhcpOption("tag:!ipxe,tag:!efi64,67", "undionly.kpxe"),
    DhcpOption("tag:!ipxe,tag:efi64,67", "snponly.efi"),
    DhcpOption("tag:ipxe,67", "http://10.100.0.1:6386/boot.ipxe"),
    DhcpOption("66", "10.100.0.1"),
    DhcpOption("150", "10.100.0.1"),
    DhcpOption("255", "10.100.0.1"),
)

HOSTILE = '10.0.0.0/99,ff:zz:1,"; \\'
"""Commas, colons, a bad prefix, a quote and a backslash: one string all the same."""


@pytest.fixture
def settings(switch: RealSwitch, tmp_path: Path) -> NetworkSettings:
    for vlan in (PROVISIONING, TENANT):
        switch.add_port(f"tor-{vlan}", vlan)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "undionly.kpxe").write_bytes(os.urandom(70_000))
    (programs / "secret").write_text("not for TFTP")
    tor = SwitchSettings(switch_id=SWITCH_ID, ovsdb=switch.remote, bridge=BRIDGE)
    return NetworkSettings(
        switches={"tor": tor}, tftp_root=programs, resync_interval=timedelta(milliseconds=300)
    )


@pytest.fixture
async def room(
    database: Database, settings: NetworkSettings, tmp_path: Path
) -> AsyncIterator[EmbeddedNetwork]:
    async with a_room(database, settings, tmp_path) as started:
        yield started


async def ask(client: Client, attempts: int = 1) -> str | None:
    """The address that the client is offered."""
    offer = await asyncio.to_thread(client.discover, 1.0, attempts)
    return offer.address if offer is not None else None


async def test_a_bound_port_is_tagged_on_the_switch_and_gets_what_it_boots(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    namespace, mac = switch.add_machine("node-0")
    network = await a_network(room, "provisioning", PROVISIONING)
    links = (a_link("node-0"),)
    spec = PortSpec(network.id, mac_address=mac, links=links, dhcp_options=BOOT_OPTIONS)
    port = await room.create_port(ADMIN, spec)
    assert port.status is PortStatus.BUILD
    active = await room.wait_until_active(port.id, SOON)
    assert active.status is PortStatus.ACTIVE
    assert switch.tag("node-0") == PROVISIONING

    bios = Client(namespace, "node-0", mac, architecture=0)
    offer = bios.discover()
    assert offer is not None
    assert (offer.kind, offer.address) == (OFFER, active.fixed_ips[0].ip_address)
    assert (offer.boot_file, offer.next_server) == ("undionly.kpxe", "10.100.0.1")
    acknowledged = bios.request(offer)
    assert acknowledged is not None
    assert acknowledged.kind == ACK

    uefi = Client(namespace, "node-0", mac, architecture=7).discover()
    assert uefi is not None
    assert uefi.boot_file == "snponly.efi"
    ipxe = Client(namespace, "node-0", mac, architecture=7, ipxe=True).discover()
    assert ipxe is not None
    assert ipxe.boot_file == "http://10.100.0.1:6386/boot.ipxe"


async def test_infiniband_is_known_by_its_client_id(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    namespace, _ = switch.add_machine("node-0")
    network = await a_network(room, "provisioning", PROVISIONING)
    links = (a_link("node-0"),)
    client_id = "ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1"
    mac = "f4:52:14:5a:2b:c1"  # not in any packet
    port = await room.create_port(ADMIN, PortSpec(network.id, mac_address=mac))
    await room.bind_port(ADMIN, port.id, Binding("a-node", links, client_id=client_id))
    await room.set_dhcp_options(ADMIN, port.id, BOOT_OPTIONS)
    active = await room.wait_until_active(port.id, SOON)
    stranger = Client(namespace, "node-0", mac, client_id=client_id.replace("c9", "ca"))
    assert await ask(stranger) is None
    offer = Client(namespace, "node-0", mac, architecture=0, client_id=client_id).discover()
    assert offer is not None
    assert offer.address == active.fixed_ips[0].ip_address
    assert offer.boot_file == "undionly.kpxe"
    assert 61 not in offer.options or offer.options[61].hex(":") == client_id


async def test_loaders_hear_of_their_configuration_unasked_and_http_firmware_of_its_program(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    """Option 209 stands in dnsmasq's main file, which no value of a caller's may break."""
    namespace, mac = switch.add_machine("node-0")
    network = await a_network(room, "provisioning", PROVISIONING)
    url = "http://10.100.0.1:6386/boot/programs/grubx64.efi"
    said = (
        DhcpOption("tag:efi64,209", "(http,10.100.0.1:6386)/boot/grub/x"),
        DhcpOption("tag:bios,209", HOSTILE),
        DhcpOption("tag:efi-http,60", "HTTPClient"),
        DhcpOption("tag:efi-http,67", url),
    )
    links = (a_link("node-0"),)
    spec = PortSpec(network.id, mac_address=mac, links=links, dhcp_options=said)
    await room.wait_until_active((await room.create_port(ADMIN, spec)).id, SOON)
    offers = {each: Client(namespace, "node-0", mac, each).discover() for each in (0, 7, 16, 19)}
    bios, uefi, http, arm = offers[0], offers[7], offers[16], offers[19]
    assert bios is not None
    assert bios.options[209].decode() == HOSTILE
    assert uefi is not None
    assert uefi.options[209] == b"(http,10.100.0.1:6386)/boot/grub/x"
    assert http is not None
    assert (http.boot_file, http.options[60]) == (url, b"HTTPClient")
    assert 209 not in http.options
    assert arm is not None
    assert arm.boot_file == url


async def test_moving_a_nic_from_provisioning_to_a_tenant(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    namespace, mac = switch.add_machine("node-0")
    provisioning = await a_network(room, "provisioning", PROVISIONING)
    tenant = await a_network(room, "blue", TENANT)
    first = await a_plugged_port(room, provisioning, "node-0", mac)
    await room.delete_port(ADMIN, first.id)
    await room.wait_until_unplugged((a_link("node-0"),), SOON)
    assert switch.tag("node-0") == 4094

    second = await room.create_port(ADMIN, PortSpec(tenant.id))
    await room.set_mac_address(ADMIN, second.id, mac)
    await room.bind_port(ADMIN, second.id, Binding("node", (a_link("node-0"),)))
    await room.wait_until_active(second.id, SOON)
    assert switch.tag("node-0") == TENANT
    assert await ask(Client(namespace, "node-0", mac)) == "10.200.0.2"
    inside = run("ip", "-n", f"bessemer-net-{tenant.id[:8]}", "-brief", "address", "show")
    assert "10.200.0.1/24" in inside
    assert "10.200.0.1" not in run("ip", "-brief", "address", "show")


async def test_an_unknown_nic_gets_no_answer(room: EmbeddedNetwork, switch: RealSwitch) -> None:
    namespace, mac = switch.add_machine("node-0", PROVISIONING)
    network = await a_network(room, "provisioning", PROVISIONING)
    port = await a_plugged_port(room, network, "node-0", mac)
    assert await ask(Client(namespace, "node-0", "52:54:00:99:99:99")) is None
    assert await ask(Client(namespace, "node-0", mac)) == port.fixed_ips[0].ip_address


async def test_unknown_machines_boot_where_that_is_wanted(
    database: Database, settings: NetworkSettings, switch: RealSwitch, tmp_path: Path
) -> None:
    lent = LentAddresses(first=IPv4Address("10.100.0.200"), last=IPv4Address("10.100.0.209"))
    lending = settings.model_copy(update={"unknown_machines": {"provisioning": lent}})
    pools = (Pool(IPv4Address("10.100.0.2"), IPv4Address("10.100.0.99")),)
    async with a_room(database, lending, tmp_path) as room:
        namespace, mac = switch.add_machine("node-0", PROVISIONING)
        network = await a_network(room, "provisioning", PROVISIONING, pools=pools)
        port = await a_plugged_port(room, network, "node-0", mac)
        stranger = Client(namespace, "node-0", "52:54:00:99:99:99", architecture=0)
        offer = stranger.discover(attempts=3)  # dnsmasq first looks whether anybody has the address
        assert offer is not None
        assert IPv4Address(offer.address) in Pool(lent.first, lent.last)
        assert (offer.boot_file, offer.next_server) == ("undionly.kpxe", "10.100.0.1")
        acknowledged = stranger.request(offer)
        assert acknowledged is not None
        assert acknowledged.kind == ACK
        ipxe = replace(stranger, ipxe=True).discover()
        assert ipxe is not None
        assert ipxe.boot_file == "http://10.100.0.1:6386/boot/ipxe/${netX/mac}"
        known = Client(namespace, "node-0", mac, architecture=0).discover()
        assert known is not None
        assert (known.address, known.boot_file) == (port.fixed_ips[0].ip_address, "")


async def test_an_address_goes_to_another_nic_at_once(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "provisioning", PROVISIONING)
    namespace, mac = switch.add_machine("node-0")
    first = await a_plugged_port(room, network, "node-0", mac)
    client = Client(namespace, "node-0", mac)
    offer = client.discover()
    assert offer is not None
    assert client.request(offer) is not None
    await room.delete_port(ADMIN, first.id)
    namespace, mac = switch.add_machine("node-1")
    second = await a_plugged_port(room, network, "node-1", mac)
    assert second.fixed_ips[0].ip_address == first.fixed_ips[0].ip_address
    assert await ask(Client(namespace, "node-1", mac)) == offer.address


async def test_changed_options_are_in_force_when_the_wait_returns(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "provisioning", PROVISIONING)
    namespace, mac = switch.add_machine("node-0")
    port = await a_plugged_port(room, network, "node-0", mac)
    for number in range(5):
        name = f"file-{number}"
        await room.set_dhcp_options(ADMIN, port.id, (DhcpOption("67", name),))
        await room.wait_until_active(port.id, SOON)
        offer = Client(namespace, "node-0", mac).discover()
        assert offer is not None
        assert offer.boot_file == name


async def test_an_option_that_dnsmasq_refuses_is_named_on_the_port(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "provisioning", PROVISIONING)
    _, mac = switch.add_machine("node-0")
    port = await a_plugged_port(room, network, "node-0", mac)
    await room.set_dhcp_options(ADMIN, port.id, (DhcpOption("150", "not-an-address"),))
    await room.wait_until_active(port.id, SOON)
    detail = (await room.get_port(ADMIN, port.id)).detail
    assert f"option of port {port.id}: bad IP address" in detail


async def test_a_killed_dnsmasq_is_back_and_answers(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "provisioning", PROVISIONING)
    namespace, mac = switch.add_machine("node-0")
    port = await a_plugged_port(room, network, "node-0", mac)
    client = Client(namespace, "node-0", mac)
    for _ in range(3):
        for pid in dnsmasq_pids(network.id):
            os.kill(pid, signal.SIGKILL)
        assert await ask(client, attempts=5) == port.fixed_ips[0].ip_address
    await room.wait_until_active(port.id, SOON)


async def test_tftp_serves_the_boot_programs_and_nothing_else(
    room: EmbeddedNetwork, switch: RealSwitch, settings: NetworkSettings
) -> None:
    network = await a_network(room, "provisioning", PROVISIONING)
    namespace, mac = switch.add_machine("node-0")
    await a_plugged_port(room, network, "node-0", mac)
    run("ip", "-n", namespace, "address", "add", "10.100.0.2/24", "dev", "node-0")
    program = (settings.tftp_root / "undionly.kpxe").read_bytes()
    server = "10.100.0.1"
    assert await asyncio.to_thread(fetch, namespace, server, "undionly.kpxe") == program
    for name in ("secret", "../secret", "../../a/hosts", "/etc/passwd", "snponly.efi"):
        with pytest.raises(TftpError):
            await asyncio.to_thread(fetch, namespace, server, name)


async def test_a_missing_interface_is_named_and_served_once_it_appears(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "provisioning", 150)
    namespace, mac = switch.add_machine("node-0")
    spec = PortSpec(network.id, mac_address=mac, links=(a_link("node-0"),))
    port = await room.create_port(ADMIN, spec)
    with pytest.raises(SwitchFailure, match="no interface tor-150"):
        await room.wait_until_active(port.id, timedelta(seconds=1))
    assert "tor-150" in (await room.get_port(ADMIN, port.id)).detail
    switch.add_port("tor-150", 150)
    await room.wait_until_active(port.id, SOON)
    assert await ask(Client(namespace, "node-0", mac)) == port.fixed_ips[0].ip_address
    assert (await room.get_port(ADMIN, port.id)).detail == ""


async def test_a_restarted_switch_gets_its_new_interface_served(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "blue", TENANT)
    port = await room.create_port(ADMIN, PortSpec(network.id, mac_address="52:54:00:00:00:01"))
    before = await interface_index(network.id)
    switch.stop_program("ovs-vswitchd")
    switch.start_vswitchd()
    namespace, mac = switch.add_machine("node-0")
    await room.set_mac_address(ADMIN, port.id, mac)
    await room.bind_port(ADMIN, port.id, Binding("node", (a_link("node-0"),)))
    await room.wait_until_active(port.id, SOON)
    assert await ask(Client(namespace, "node-0", mac), attempts=5) == "10.200.0.2"
    assert await interface_index(network.id) != before


async def test_drift_on_the_real_switch_is_put_back(
    room: EmbeddedNetwork, switch: RealSwitch
) -> None:
    network = await a_network(room, "provisioning", PROVISIONING)
    _, mac = switch.add_machine("node-0")
    port = await a_plugged_port(room, network, "node-0", mac)
    switch.vsctl("set", "port", "node-0", "tag=77")

    async def is_shown() -> bool:
        return "VLAN 77" in (await room.get_port(ADMIN, port.id)).detail

    await eventually(is_shown)
    await room.wait_until_active(port.id, SOON)
    assert switch.tag("node-0") == PROVISIONING


async def test_stopping_and_deleting_leave_nothing_behind(
    database: Database, settings: NetworkSettings, tmp_path: Path
) -> None:
    async with a_room(database, settings, tmp_path) as room:
        tenant = await a_network(room, "blue", TENANT)
        await a_network(room, "provisioning", PROVISIONING)
        port = await room.create_port(ADMIN, PortSpec(tenant.id))
        await room.bind_port(ADMIN, port.id, Binding("node", (a_link("tor-200"),)))
        await interface_index(tenant.id)
    assert f"bessemer-net-{tenant.id[:8]}" not in run("ip", "netns", "list")
    left = run("ip", "-brief", "address", "show")
    assert "tor-200" in left
    assert "10.100.0.1" not in left
    assert dnsmasq_pids(tenant.id) == []


async def test_a_network_without_an_interface_here_leaves_no_namespace_behind(
    database: Database, settings: NetworkSettings, tmp_path: Path
) -> None:
    nowhere = settings.model_copy(update={"host_interface": "nowhere{vlan}"})
    async with a_room(database, nowhere, tmp_path) as room:
        tenant = await a_network(room, "blue", TENANT)
        port = await room.create_port(ADMIN, PortSpec(tenant.id))

        async def is_said() -> bool:
            return "no interface nowhere" in (await room.get_port(ADMIN, port.id)).detail

        await eventually(is_said)
    assert f"bessemer-net-{tenant.id[:8]}" not in run("ip", "netns", "list")


async def test_a_killed_servers_dnsmasq_is_replaced(
    database: Database, settings: NetworkSettings, switch: RealSwitch, tmp_path: Path
) -> None:
    planner = EmbeddedNetwork(database, MemoryBus(), settings, tmp_path)
    network = await a_network(planner, "provisioning", PROVISIONING)
    tenant = await a_network(planner, "blue", TENANT)
    namespace, mac = switch.add_machine("node-0")
    spec = PortSpec(network.id, mac_address=mac, links=(a_link("node-0"),))
    port = await planner.create_port(ADMIN, spec)
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.network.room_process"),
        *(settings.model_dump_json(), str(tmp_path), url_of(database)),
        stdout=asyncio.subprocess.DEVNULL,
    )
    await planner.wait_until_active(port.id, SOON)
    await interface_index(tenant.id)
    killed.kill()
    await killed.wait()
    left = set(dnsmasq_pids(network.id))
    assert left
    assert await ask(Client(namespace, "node-0", mac)) == port.fixed_ips[0].ip_address

    async with a_room(database, settings, tmp_path) as room:
        await room.set_dhcp_options(ADMIN, port.id, (DhcpOption("67", "anew"),))
        await room.wait_until_active(port.id, SOON)
        assert left.isdisjoint(dnsmasq_pids(network.id))
        offer = Client(namespace, "node-0", mac).discover()
        assert offer is not None
        assert offer.boot_file == "anew"
    assert dnsmasq_pids(network.id) == []


async def test_leftovers_can_be_removed_without_a_database(
    database: Database, settings: NetworkSettings, tmp_path: Path
) -> None:
    planner = EmbeddedNetwork(database, MemoryBus(), settings, tmp_path)
    tenant = await a_network(planner, "blue", TENANT)
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.network.room_process"),
        *(settings.model_dump_json(), str(tmp_path), url_of(database)),
        stdout=asyncio.subprocess.DEVNULL,
    )
    await interface_index(tenant.id)

    async def is_served() -> bool:
        return bool(dnsmasq_pids(tenant.id))

    await eventually(is_served)
    killed.kill()
    await killed.wait()
    await remove_leftovers(settings, tmp_path)
    assert dnsmasq_pids(tenant.id) == []
    assert f"bessemer-net-{tenant.id[:8]}" not in run("ip", "netns", "list")
    assert "tor-200" in run("ip", "-brief", "link", "show")


async def test_a_stranger_whose_pid_is_in_the_file_is_left_alone(tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    pid_file = tmp_path / "pid"
    pid_file.write_text(str(stranger.pid))
    await end_leftover(pid_file, tmp_path / "dnsmasq.conf")
    assert stranger.returncode is None
    assert Path(f"/proc/{stranger.pid}").exists()
    stranger.kill()
    await stranger.wait()


async def interface_index(network_id: str) -> int:
    """The index of the tenant network's interface in its namespace, once it is there."""
    name = f"bessemer-net-{network_id[:8]}"

    async def is_there() -> bool:
        if not Path(f"/run/netns/{name}").exists():
            return False
        return "tor-200" in run("ip", "-n", name, "-oneline", "link", "show")

    await eventually(is_there)
    links = run("ip", "-n", name, "-oneline", "link", "show")
    (line,) = [line for line in links.splitlines() if "tor-200" in line]
    return int(line.split(":")[0])


def dnsmasq_pids(network_id: str) -> list[int]:
    """The processes that serve DHCP for a network, by their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if words[0].endswith("dnsmasq") and f"/{network_id}/" in words[1]:
                found.append(int(folder.name))
    return found


async def test_a_second_server_on_the_same_folder_is_refused_and_the_first_serves_on(
    room: EmbeddedNetwork, database: Database, settings: NetworkSettings, tmp_path: Path
) -> None:
    network = await a_network(room, "blue", TENANT)

    async def is_served() -> bool:
        return bool(dnsmasq_pids(network.id))

    await eventually(is_served)
    served = dnsmasq_pids(network.id)
    second = EmbeddedNetwork(database, MemoryBus(), settings, tmp_path)
    with pytest.raises(ConfigurationError, match=r"Another process serves DHCP .* stop it"):
        await second.start()
    await second.stop()
    assert dnsmasq_pids(network.id) == served
