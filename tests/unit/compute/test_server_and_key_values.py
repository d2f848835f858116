"""Server states, host names, instance_info, key pairs."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.compute.servers import a_server

from bessemer.compute.domain.flavor import Flavor
from bessemer.compute.domain.instance_info import instance_info
from bessemer.compute.domain.keypair import fingerprint_of, generate
from bessemer.compute.domain.server import TaskState, Vif, VmState, hostname_of


@pytest.mark.parametrize(
    ("vm_state", "task_state", "status"),
    [
        (VmState.BUILDING, TaskState.SPAWNING, "BUILD"),
        (VmState.BUILDING, TaskState.DELETING, "BUILD"),
        (VmState.ACTIVE, None, "ACTIVE"),
        (VmState.ACTIVE, TaskState.POWERING_OFF, "ACTIVE"),
        (VmState.ACTIVE, TaskState.REBOOTING, "REBOOT"),
        (VmState.STOPPED, TaskState.REBOOTING_HARD, "HARD_REBOOT"),
        (VmState.STOPPED, TaskState.POWERING_ON, "SHUTOFF"),
        (VmState.ERROR, None, "ERROR"),
        (VmState.DELETED, None, "DELETED"),
    ],
)
def test_status(vm_state, task_state, status):
    assert a_server(vm_state=vm_state, task_state=task_state).status == status


@given(st.text())
def test_host_names_are_labels(name):
    made = hostname_of(name, "server-1")
    assert 1 <= len(made) <= 63
    assert made[0] not in "-."
    assert made[-1] not in "-."
    assert made.isascii()


def test_host_names_by_example():
    assert hostname_of("Web Server_1", "x") == "web-server-1"
    assert hostname_of("日本", "server-1") == "server-1"


def test_instance_info():
    specs = {
        "capabilities:boot_mode": "uefi",
        "capabilities:disk": "<or> ssd <or> nvme",
        "cpu_arch": "x86_64",
        "trait:CUSTOM_X": "required",
        "trait:CUSTOM_Y": "forbidden",
        "baremetal:deploy_kernel_id": "kernel-1",
        "resources:CUSTOM_GOLD": "1",
    }
    server = a_server(
        flavor=Flavor("1", "gold", 4, 8192, 40, extra_specs=specs),
        vifs=(Vif("p", "n", "tenant", "mac", ("10.0.0.5",)),),
    )
    info = instance_info(server, {"disk": "nvme", "boot_mode": "bios"})
    assert info["image_source"] == "image-1"
    assert (info["root_gb"], info["memory_mb"], info["vcpus"]) == ("40", "8192", "4")
    assert json.loads(info["capabilities"]) == {"boot_mode": "uefi", "disk": "nvme"}
    assert info["traits"] == ["CUSTOM_X"]
    assert info["deploy_kernel"] == "kernel-1"
    assert json.loads(info["fixed_ips"]) == ["10.0.0.5"]
    assert "ephemeral_gb" not in info


def test_a_made_key_pair_fits_together():
    private, public = generate()
    key = serialization.load_ssh_private_key(private.encode(), None)
    again = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    assert public.split()[:2] == again.decode().split()


def test_rsa_keys_are_taken_too():
    key = rsa.generate_private_key(65537, 2048).public_key()
    text = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert len(fingerprint_of(text.decode()).split(":")) == 16
