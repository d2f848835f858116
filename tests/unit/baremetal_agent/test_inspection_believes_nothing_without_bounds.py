"""Inspection data come from a machine that anybody may have had before."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.baremetal_task import a_node, a_port

from bessemer.baremetal.drivers.agent.findings import findings
from bessemer.baremetal.drivers.agent.inventory import MOST_NICS, read_machine
from bessemer.baremetal.drivers.agent.lldp import Neighbour, neighbour
from bessemer.baremetal.drivers.agent.stored_report import plugin_data, storable
from bessemer.errors import Invalid

GIB = 1024**3
CHASSIS = [1, "04525400aabb01"]
PORT = [2, "05" + b"eth7".hex()]
NAME = [5, b"tor-1".hex()]


def a_nic(number=1, **changes):
    nic = {"name": f"eno{number}", "mac_address": f"52:54:00:00:00:{number:02x}"}
    return {**nic, "lldp": [CHASSIS, PORT, NAME], **changes}


def a_report(**inventory):
    whole = {
        "interfaces": [a_nic()],
        "cpu": {"count": 4, "architecture": "x86_64"},
        "memory": {"physical_mb": 8192, "total": 8 * GIB},
        "disks": [{"name": "/dev/vda", "size": 10 * GIB}],
        "boot": {"current_boot_mode": "uefi", "pxe_interface": "52:54:00:00:00:01"},
    }
    return {
        "inventory": {**whole, **inventory},
        "root_disk": {"name": "/dev/vda", "size": 10 * GIB},
        "boot_interface": "01-52-54-00-00-00-01",
    }


def found(report, node=None, ports=()):
    return findings(node or a_node(), ports, read_machine(report))


def test_an_ordinary_report_becomes_properties():
    node = a_node(properties={"capabilities": "raid:1,boot_mode:bios", "vendor": "acme"})
    assert found(a_report(), node).properties == {
        "vendor": "acme",
        "cpus": 4,
        "memory_mb": 8192,
        "local_gb": 9,
        "cpu_arch": "x86_64",
        "capabilities": "raid:1,boot_mode:uefi",
    }


def test_what_was_not_told_stays_as_it_was():
    report = a_report(cpu=None, memory={}, disks=None, boot=None)
    del report["root_disk"]
    assert found(report, a_node(properties={"cpus": 2})).properties == {"cpus": 2}


def test_without_a_stated_root_disk_the_smallest_that_is_large_enough_counts():
    report = a_report(disks=[{"size": 3 * GIB}, {"size": 500 * GIB}, {"size": 20 * GIB}])
    del report["root_disk"]
    assert found(report).properties["local_gb"] == 19
    hinted = a_node(properties={"root_device": {"name": "/dev/sdb"}})
    assert "local_gb" not in found(report, hinted).properties


def test_missing_nics_are_added_and_only_the_one_that_booted_is_for_booting():
    ports = found(a_report(interfaces=[a_nic(1), a_nic(2)])).ports
    assert {port.address: port.pxe_enabled for port in ports} == {
        "52:54:00:00:00:01": True,
        "52:54:00:00:00:02": False,
    }
    assert ports[0].local_link_connection == {
        "switch_id": "52:54:00:aa:bb:01",
        "port_id": "eth7",
        "switch_info": "tor-1",
    }


def test_a_second_look_changes_nothing():
    node = a_node()
    report = a_report(interfaces=[a_nic(1), a_nic(2)])
    first = found(report, node).ports
    assert found(report, node, first).ports == ()
    assert found(report, node).ports == first


def test_known_ports_stay_and_stay_enabled_for_booting():
    node = a_node()
    known = (a_port(node, 2, pxe_enabled=True), a_port(node, 9))
    result = found(a_report(interfaces=[a_nic(2)]), node, known)
    assert [port.uuid for port in result.ports] == [known[0].uuid]
    assert result.ports[0].pxe_enabled
    assert any("52:54:00:00:00:09 was not seen" in note for note in result.notes)


def test_the_nic_that_booted_becomes_enabled_for_booting():
    node = a_node()
    known = (a_port(node, 1, pxe_enabled=False),)
    assert found(a_report(), node, known).ports[0].pxe_enabled


def test_lldp_wins_over_what_was_written_and_says_so():
    node = a_node()
    written = {"switch_id": "0a:00:00:00:00:01", "port_id": "eth1", "hostname": "kept"}
    result = found(a_report(), node, (a_port(node, 1, local_link_connection=written),))
    assert result.ports[0].local_link_connection == {
        "switch_id": "52:54:00:aa:bb:01",
        "port_id": "eth7",
        "switch_info": "tor-1",
        "hostname": "kept",
    }
    assert "eno1 (52:54:00:00:00:01): port_id was eth1, LLDP says eth7" in result.notes


def test_without_lldp_what_was_written_stays():
    node = a_node()
    result = found(a_report(interfaces=[a_nic(lldp=[])]), node, (a_port(node),))
    assert result.ports == ()


@pytest.mark.parametrize(
    ("tlvs", "expected"),
    [
        ([CHASSIS, PORT, NAME], Neighbour("52:54:00:aa:bb:01", "eth7", "tor-1")),
        ([[1, "07" + b"text".hex()], PORT], Neighbour(None, "eth7", None)),
        ([[2, "035254000000ff"]], Neighbour(None, "52:54:00:00:00:ff", None)),
        ([[2, "07" + b"Slot 1/Port 5".hex()]], Neighbour(None, "Slot 1/Port 5", None)),
        ([[5, b"<script>alert(1)</script>".hex()]], Neighbour()),
        ([[2, "05" + b"eth1\nvlan 4".hex()]], Neighbour()),
        ([[2, "05" + "41" * 5000]], Neighbour()),
        ([[1, "04zz"], [2], "x", None, [2, 5], [None, None]], Neighbour()),
        ([[1, "0452540000"], [2, "05"], [2, ""]], Neighbour()),
        (None, Neighbour()),
        ({"1": "x"}, Neighbour()),
    ],
)
def test_lldp_is_read_or_counts_as_not_told(tlvs, expected):
    assert neighbour(tlvs) == expected


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({}, "no inventory"),
        ({"inventory": []}, "not an object"),
        (a_report(interfaces=[a_nic(1)] * 10_000), "10000 entries"),
        (a_report(interfaces=[]), "no NIC"),
        (a_report(interfaces=[{"name": "lo"}]), "no NIC"),
        (a_report(interfaces="eth0"), "no list of objects"),
        (a_report(cpu={"count": -1}), "cpu.count is -1"),
        (a_report(cpu={"count": True}), "cpu.count is True"),
        (a_report(cpu={"count": "4"}), "cpu.count is '4'"),
        (a_report(cpu={"count": float("nan")}), "cpu.count is nan"),
        (a_report(cpu={"count": float("inf")}), "cpu.count is inf"),
        (a_report(memory={"physical_mb": 2**64 - 1}), "memory.physical_mb is 18446744073709551615"),
        (a_report(memory={"physical_mb": 10**5000}), "more than 256 bits"),
        (a_report(disks=[{"size": -5}]), "disks[].size is -5"),
        (a_report(disks=[{"size": 2**64 - 1}]), "disks[].size"),
        (a_report(cpu={"architecture": "<b>x86</b>"}), "<b>x86</b>"),
        (a_report(cpu={"architecture": "x" * 10_000}), "…"),
        (a_report(boot={"current_boot_mode": "coreboot"}), "coreboot"),
        (a_report(boot={"current_boot_mode": ["uefi"]}), "list"),
    ],
)
def test_what_cannot_be_true_is_refused_by_name(report, words):
    with pytest.raises(Invalid) as refused:
        read_machine(report)
    assert words in refused.value.message
    assert len(refused.value.message) < 400


def test_a_nic_without_ethernet_mac_is_left_out_and_mentioned():
    nics = [a_nic(), {"name": "ib0", "mac_address": "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52"}]
    assert read_machine(a_report(interfaces=nics)).ignored == ("ib0 has no Ethernet MAC",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


def _is_read(report):
    try:
        read_machine(report)
    except Invalid:
        return False
    return True


@given(
    st.fixed_dictionaries(
        {
            "inventory": st.fixed_dictionaries(
                {},
                optional={
                    "interfaces": st.lists(
                        st.fixed_dictionaries(
                            {"mac_address": st.sampled_from(["52:54:00:00:00:01"]) | JSON},
                            optional={"lldp": JSON, "name": JSON},
                        ),
                        max_size=3,
                    )
                    | JSON,
                    "cpu": JSON,
                    "memory": JSON,
                    "disks": JSON,
                    "boot": JSON,
                },
            )
            | JSON
        },
        optional={"root_disk": JSON, "boot_interface": JSON},
    )
)
def test_any_report_is_refused_or_gives_bounded_findings(report):
    refused = contextlib.nullcontext() if _is_read(report) else pytest.raises(Invalid)
    result = None
    with refused as error:
        result = found(report)
    if result is None:
        assert len(error.value.message) < 400
        return
    assert len(result.ports) <= MOST_NICS
    assert all(len(note) < 400 for note in result.notes)
    json.dumps([dict(port.local_link_connection) for port in result.ports], allow_nan=False)
    json.dumps(result.properties, allow_nan=False)


@given(st.dictionaries(st.text(max_size=10), JSON, max_size=5))
def test_whatever_is_stored_is_strict_json_that_any_database_takes(report):
    text = json.dumps(storable(report), allow_nan=False)
    assert "\\u0000" not in text
    json.dumps(storable(report), ensure_ascii=False).encode()


def test_what_is_stored_is_bounded():
    deep: dict = {}
    for _ in range(5000):
        deep = {"d": deep}
    kept = storable(
        {"long": "x" * 10**6, "many": list(range(10**6)), "nan": math.nan, "deep": deep}
    )
    assert len(json.dumps(kept)) < 2_000_000
    assert storable({"nan": math.nan}) == {"nan": None}


def test_the_ramdisks_logs_are_not_kept_with_the_report():
    report = {**a_report(), "logs": "A" * 100, "error": None, "dmi": {"x": 1}}
    assert set(plugin_data(report)) == {"root_disk", "boot_interface", "dmi"}


def test_an_infiniband_nic_becomes_a_port_that_dhcp_knows():
    named = "ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1"
    (port,) = found(a_report(interfaces=[a_nic(client_id=named)])).ports
    assert port.client_id == named
    for bad in ("x", "ff", 7, "ff:00\ndhcp-script=/bin/sh"):
        report = a_report(interfaces=[a_nic(1, client_id=bad), a_nic(2)])
        after = found(report)
        assert [port.client_id for port in after.ports] == [None]
        assert any("client_id" in note for note in after.notes)
