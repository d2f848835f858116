"""What a machine boots over a storage network, and which targets and connectors are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.volumes import CONNECTION, IQN, a_connector, a_target

from bessemer.baremetal.domain.san import SanBoot, SanVolume, san_boot
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.domain.volume import ConnectorType, Volumes
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.script import ramdisk_script
from bessemer.errors import Invalid

MAC = "52:54:00:00:00:01"
PATH = "iscsi:172.30.9.1::3260:1:iqn.2026-11.test:disk"
WHOLE = """\
#!ipxe
echo Bessemer: instance of node n-1, NIC 52:54:00:00:00:01
set initiator-iqn iqn.2026-11.test:machine
:load
set username owner
set password pass-1
sanhook --drive 0x80 iscsi:a::3260:1:iqn.x iscsi:b::3260:1:iqn.x || goto again
clear username
clear password
sanhook --no-describe --drive 0x81 iscsi:[fe80::1]::3260:a:iqn.y || goto again
sanboot --no-describe --drive 0x80 || goto again
:again
sanunhook --drive 0x80 ||
sanunhook --drive 0x81 ||
echo Bessemer: the volume could not be booted. Trying again in 5 s
sleep 5
goto load
"""


def volumes(*targets):
    return Volumes((a_connector(),), targets or (a_target(),))


def with_properties(**changes):
    return volumes(a_target(properties={**CONNECTION, **changes}))


def test_the_connection_becomes_a_path_and_the_connector_the_machines_name():
    assert san_boot(volumes()) == SanBoot(IQN, (SanVolume((PATH,)),))


@pytest.mark.parametrize(
    ("portal", "lun", "path"),
    [
        ("storage.test", 0, "iscsi:storage.test::3260:0:"),
        ("172.30.9.1:3261", "10", "iscsi:172.30.9.1::3261:a:"),
        ("[fe80::1]:3260", 255, "iscsi:[fe80::1]::3260:ff:"),
    ],
)
def test_portal_and_number_are_spelled_as_ipxe_reads_them(portal, lun, path):
    boot = san_boot(with_properties(target_portal=portal, target_lun=lun))
    assert boot.volumes[0].paths == (f"{path}iqn.2026-11.test:disk",)


def test_every_portal_is_a_path():
    several = {
        "target_portals": ["a:3260", "b:3261"],
        "target_iqns": ["iqn.2026-11.test:x", "iqn.2026-11.test:y"],
        "target_luns": [1, 2],
    }
    assert san_boot(with_properties(**several)).volumes[0].paths == (
        "iscsi:a::3260:1:iqn.2026-11.test:x",
        "iscsi:b::3261:2:iqn.2026-11.test:y",
    )


def test_the_password_is_a_secret_and_what_is_stored_is_read_back():
    login = {"auth_method": "CHAP", "auth_username": "owner", "auth_password": "pass-1"}
    boot = san_boot(with_properties(**login))
    assert boot.volumes[0].password == Secret("pass-1")
    assert "pass-1" not in repr(boot.as_json())
    assert SanBoot.from_json(boot.as_json()) == boot


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target_iqn": None}, "needs target_iqn"),
        ({"target_portal": "a b:1"}, "target_portal must be"),
        ({"target_portal": "fe80::1"}, "target_portal must be"),
        ({"target_portal": "[fe80::1%eth0]:1"}, "target_portal must be"),
        ({"target_portal": "a:99999"}, "target_portal must be"),
        ({"target_iqn": "disk"}, "must be an iSCSI name"),
        ({"target_iqn": "iqn.x || shell"}, "must be an iSCSI name"),
        ({"target_lun": -1}, "target_lun must be a number"),
        ({"target_lun": True}, "target_lun must be a number"),
        ({"target_luns": [1, 2]}, "lists of one length"),
        ({"auth_method": "SRP"}, "auth_method must be CHAP"),
        ({"auth_username": "owner"}, "auth_method must be CHAP"),
    ],
)
def test_what_cannot_be_found_by_its_properties_is_refused_by_name(changes, words):
    with pytest.raises(Invalid, match=words):
        san_boot(with_properties(**changes))


def test_nothing_is_booted_from_a_volume_that_is_not_the_first():
    with pytest.raises(Invalid, match="boot_index 0"):
        san_boot(volumes(a_target(boot_index=1)))


@pytest.mark.parametrize(
    ("kind", "connectors", "words"),
    [
        ("iscsi", [], "connector of type iqn"),
        ("iscsi", [ConnectorType.WWPN], "connector of type iqn"),
        ("fibre_channel", [ConnectorType.IQN], "wwpn, and as many of type wwnn"),
        ("fibre_channel", [ConnectorType.WWPN], "wwpn, and as many of type wwnn"),
        (
            "fibre_channel",
            [ConnectorType.WWPN, ConnectorType.WWPN, ConnectorType.WWNN],
            "wwpn, and as many of type wwnn",
        ),
    ],
)
def test_a_node_needs_the_names_that_its_storage_knows_nodes_by(kind, connectors, words):
    names = tuple(a_connector(type=each) for each in connectors)
    with pytest.raises(Invalid, match=words):
        Volumes(names, (a_target(volume_type=kind),)).check_reachable()


def test_a_pair_of_fibre_channel_names_is_enough():
    names = (a_connector(type=ConnectorType.WWPN), a_connector(type=ConnectorType.WWNN))
    Volumes(names, (a_target(volume_type="fibre_channel"),)).check_reachable()


def a_config(*volumes):
    san = SanBoot(IQN, volumes)
    return BootConfig("n-1", "instance", "http://172.30.0.1:6386", "", "", (), san=san)


def test_the_script_hooks_every_volume_and_boots_the_first():
    first = SanVolume(
        tuple(f"iscsi:{host}::3260:1:iqn.x" for host in "abc"), "owner", Secret("pass-1")
    )
    second = SanVolume(("iscsi:[fe80::1]::3260:a:iqn.y",))
    assert ramdisk_script(a_config(first, second), MAC) == WHOLE


@given(st.text(max_size=20) | st.text("ab$#{}|& -\n", max_size=20))
def test_no_password_can_add_a_command(password):
    volume = SanVolume(("iscsi:a::3260:1:iqn.x",), "owner", Secret(password))
    try:
        script = ramdisk_script(a_config(volume), MAC)
    except Invalid:
        return
    assert script.count("\n") == WHOLE.count("\n") - 4
    assert f"\nset password {password}\n" in script
    assert "$" not in script


def test_a_password_that_a_script_cannot_hold_is_refused_and_not_told():
    volume = SanVolume(("iscsi:a::3260:1:iqn.x",), "owner", Secret("pass phrase"))
    with pytest.raises(Invalid, match="auth_password cannot be put") as refusal:
        ramdisk_script(a_config(volume), MAC)
    assert "phrase" not in str(refusal.value)
