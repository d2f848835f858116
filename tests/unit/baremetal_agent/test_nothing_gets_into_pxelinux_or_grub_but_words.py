"""Whatever is written into a node, PXELINUX's and GRUB's configurations stay what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.pxe.grub import grub_configuration, unknown_to_grub
from bessemer.baremetal.drivers.pxe.pxelinux import pxelinux_configuration, unknown_to_pxelinux
from bessemer.errors import Invalid

MAC = "52:54:00:00:00:01"
BOTH = pytest.mark.parametrize("render", [pxelinux_configuration, grub_configuration])


def a_config(**changes):
    fields = {
        "node_uuid": "n1",
        "purpose": "provisioning",
        "listener": "http://172.30.0.1:6386",
        "kernel": "/srv/kernel",
        "ramdisk": "/srv/initramfs",
        "params": ("console=ttyS0",),
    }
    return BootConfig(**{**fields, **changes})


def test_pxelinux_loads_kernel_and_ramdisk_by_tftp():
    assert pxelinux_configuration(a_config(), MAC).splitlines()[-3:] == [
        "KERNEL ::boot/files/n1/kernel",
        "INITRD ::boot/files/n1/ramdisk",
        f"APPEND console=ttyS0 BOOTIF={MAC}",
    ]


def test_grub_loads_kernel_and_ramdisk_by_http():
    text = grub_configuration(a_config(), MAC)
    assert "linux '(http,172.30.0.1:6386)/boot/files/n1/kernel' 'console=ttyS0' '" in text
    assert "initrd '(http,172.30.0.1:6386)/boot/files/n1/ramdisk'" in text


@pytest.mark.parametrize(
    "url", ["https://h/k", "http://h/k,http://h/other", "http://h/'k", "http://h/k l", "http://h"]
)
def test_a_url_that_grub_cannot_fetch_or_would_misread_is_refused(url):
    for name in ("kernel", "ramdisk"):
        with pytest.raises(Invalid, match="cannot be loaded"):
            grub_configuration(a_config(**{name: url}), MAC)


def test_where_a_file_lies_is_nothing_to_pxelinux():
    elsewhere = a_config(kernel="https://h/k,1", ramdisk="http://h/a b")
    assert pxelinux_configuration(elsewhere, MAC) == pxelinux_configuration(a_config(), MAC)


@pytest.mark.parametrize("word", ["initrd=other", "INITRD=http://h/x"])
def test_no_parameter_makes_pxelinux_load_another_ramdisk(word):
    with pytest.raises(Invalid, match="initrd="):
        pxelinux_configuration(a_config(params=(word,)), MAC)


@BOTH
def test_an_iso_image_is_refused_with_the_interfaces_that_can(render):
    config = a_config(kernel="", ramdisk="", boot_iso="http://h/a.iso")
    with pytest.raises(Invalid, match="http-ipxe"):
        render(config, MAC)


@BOTH
@given(
    name=st.sampled_from(["node_uuid", "purpose", "listener", "kernel", "ramdisk", "params"]),
    text=st.text(max_size=60)
    | st.text("ab/:.;&|${}\n #\"',\\", max_size=60).map("http://h/".__add__),
)
def test_no_field_can_add_a_command(render, name, text):
    value = (text,) if name == "params" else text
    try:
        got = render(a_config(**{name: value}), MAC)
    except Invalid:
        return
    plain = render(a_config(), MAC)
    assert [line.split()[:1] for line in got.split("\n")] == [
        line.split()[:1] for line in plain.split("\n")
    ]
    assert got.count("'") == plain.count("'")
    assert not set('$\\"`|<>#\r\t') & set(got)


@pytest.mark.parametrize("render", [unknown_to_pxelinux, unknown_to_grub])
@given(mac=st.text(max_size=40))
def test_no_mac_can_add_a_command_for_an_unknown_machine(render, mac):
    try:
        got = render(mac)
    except Invalid:
        return
    plain = render(MAC)
    assert got == plain.replace(MAC, mac)
    assert not set('$\\"`|<>#\r\t') & set(got)
