"""The config drive: its documents, and that an ISO 9660 reader finds them."""

import base64
import gzip
import io
import json

import pycdlib
import pytest
from tests.unit.compute.servers import a_server

from bessemer.baremetal.public import BondView
from bessemer.compute.domain.config_drive import LABEL, contents, iso_image, meta_data, packed
from bessemer.compute.domain.network_data import network_data
from bessemer.network.public import FixedIp, NetworkView, PortStatus, PortView, SubnetView

SUBNET = SubnetView("s4", "10.0.1.0/24", "10.0.1.1", True, ("10.9.9.9", "10.9.9.8"))
SUBNET6 = SubnetView("s6", "2001:db8::/64", "2001:db8::1", False)


def a_network(*subnets: SubnetView, mtu: int = 1500) -> NetworkView:
    return NetworkView("net-1", "tenant-a", 101, mtu, subnets)


def a_port(*fixed_ips: FixedIp) -> PortView:
    return PortView(
        id="12345678-90ab-4def-8000-000000000000",
        network_id="net-1",
        mac_address="FA:16:3E:00:00:01",
        status=PortStatus.DOWN,
        fixed_ips=fixed_ips,
        device_id="",
        links=(),
    )


def test_a_bond_is_written_with_its_options_and_its_members_as_nova_does():
    port = a_port(FixedIp("s4", "10.0.1.5"))
    members = {"nic-a": "52:54:00:AA:00:01", "nic-b": "52:54:00:AA:00:02"}
    options = {"miimon": 100, "bond_lacp_rate": "fast"}
    document = network_data(
        [port],
        {"net-1": a_network(SUBNET)},
        {port.id: "52:54:00:AA:00:01"},
        {port.id: BondView(port.id, "802.3ad", options, members)},
    )
    assert document["links"] == [
        {
            "id": "tap12345678-90",
            "vif_id": port.id,
            "type": "bond",
            "ethernet_mac_address": "52:54:00:aa:00:01",
            "mtu": 1500,
            "bond_mode": "802.3ad",
            "bond_links": ["nic-a", "nic-b"],
            "bond_miimon": 100,
            "bond_lacp_rate": "fast",
        },
        {"id": "nic-a", "type": "phy", "ethernet_mac_address": "52:54:00:aa:00:01"},
        {"id": "nic-b", "type": "phy", "ethernet_mac_address": "52:54:00:aa:00:02"},
    ]
    assert document["networks"][0]["link"] == "tap12345678-90"


def test_network_data_gives_static_addresses_as_nova_writes_them():
    port = a_port(FixedIp("s4", "10.0.1.5"))
    macs = {port.id: "52:54:00:AA:BB:CC"}
    document = network_data([port], {"net-1": a_network(SUBNET, mtu=9000)}, macs)
    assert document == {
        "links": [
            {
                "id": "tap12345678-90",
                "vif_id": port.id,
                "type": "phy",
                "ethernet_mac_address": "52:54:00:aa:bb:cc",
                "mtu": 9000,
            }
        ],
        "networks": [
            {
                "id": "network0",
                "type": "ipv4",
                "link": "tap12345678-90",
                "ip_address": "10.0.1.5",
                "netmask": "255.255.255.0",
                "network_id": "net-1",
                "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.0.1.1"}],
                "services": [
                    {"type": "dns", "address": "10.9.9.9"},
                    {"type": "dns", "address": "10.9.9.8"},
                ],
            }
        ],
        "services": [
            {"type": "dns", "address": "10.9.9.9"},
            {"type": "dns", "address": "10.9.9.8"},
        ],
    }


def test_both_address_families():
    port = a_port(FixedIp("s4", "10.0.1.5"), FixedIp("s6", "2001:db8::5"))
    four, six = network_data([port], {"net-1": a_network(SUBNET, SUBNET6)})["networks"]
    assert (four["id"], six["id"]) == ("network0", "network1")
    assert six["type"] == "ipv6"
    assert six["netmask"] == "ffff:ffff:ffff:ffff::"
    assert six["routes"] == [{"network": "::", "netmask": "::", "gateway": "2001:db8::1"}]


def test_a_subnet_without_gateway_has_no_route():
    closed = SubnetView("s4", "10.0.1.0/24", None, True)
    port = a_port(FixedIp("s4", "10.0.1.5"))
    (entry,) = network_data([port], {"net-1": a_network(closed)})["networks"]
    assert entry["routes"] == []


def test_dhcp_only_for_a_port_without_address():
    (entry,) = network_data([a_port()], {"net-1": a_network(SUBNET)})["networks"]
    assert entry["type"] == "ipv4_dhcp"


def test_no_ports():
    assert network_data([], {}) == {"links": [], "networks": [], "services": []}


def test_meta_data_tells_who_the_server_is():
    document = meta_data(a_server(metadata={"role": "web"}), b"\x00" * 512)
    assert document["uuid"] == "11111111-1111-4111-8111-111111111111"
    assert document["hostname"] == "web"
    assert document["meta"] == {"role": "web"}
    assert document["public_keys"] == {"me": "ssh-ed25519 AAAA me"}
    assert document["keys"] == [{"name": "me", "type": "ssh", "data": "ssh-ed25519 AAAA me"}]
    assert len(base64.b64decode(document["random_seed"])) == 512
    assert "public_keys" not in meta_data(a_server(key=None), b"")


@pytest.mark.parametrize("user_data", [b"#cloud-config\n", b"\x00\xff" * 40_000, b""])
def test_an_iso_reader_finds_every_file_by_both_names(user_data):
    files = contents(a_server(), {"links": []}, user_data, b"\x01" * 512)
    packed_drive = packed(iso_image(files))
    image = gzip.decompress(base64.b64decode(packed_drive))
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(image))
    assert iso.pvd.volume_identifier.decode().strip() == LABEL
    for name, data in files.items():
        for kind in ("rr_path", "joliet_path"):
            found = io.BytesIO()
            iso.get_file_from_iso_fp(found, **{kind: f"/openstack/latest/{name}"})
            assert found.getvalue() == data, (name, kind)
    iso.close()
    assert json.loads(files["network_data.json"]) == {"links": []}
    assert files["user_data"] == user_data


def test_no_user_data_no_file():
    assert "user_data" not in contents(a_server(), {}, None, b"")
