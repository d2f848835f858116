"""Whatever operators, owners and machines write into a node, an iPXE script stays what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.baremetal.drivers.ipxe.script import ramdisk_script, unknown_machine_script
from bessemer.errors import Invalid

MAC = "52:54:00:00:00:01"
UUID = "11111111-2222-3333-4444-555555555555"


def a_config(**changes):
    fields = {
        "node_uuid": UUID,
        "purpose": "provisioning",
        "listener": "http://172.30.0.1:6386",
        "kernel": "/srv/ramdisk/kernel",
        "ramdisk": "/srv/ramdisk/initramfs",
        "params": ("console=ttyS0",),
    }
    return BootConfig(**{**fields, **changes})


WHOLE = """\
#!ipxe
echo Bessemer: provisioning of node 11111111-2222-3333-4444-555555555555, NIC 52:54:00:00:00:01
:load
imgfree
kernel http://172.30.0.1:6386/boot/files/11111111-2222-3333-4444-555555555555/kernel \
initrd=ramdisk console=ttyS0 BOOTIF=52:54:00:00:00:01 || goto again
initrd --name ramdisk \
http://172.30.0.1:6386/boot/files/11111111-2222-3333-4444-555555555555/ramdisk || goto again
boot
:again
echo Bessemer: the provisioning ramdisk could not be loaded. Trying again in 5 s
sleep 5
goto load
"""


def test_the_script_loads_kernel_and_ramdisk_from_the_listener():
    assert ramdisk_script(a_config(), MAC) == WHOLE


def test_an_iso_image_is_booted_from_where_it_lies():
    script = ramdisk_script(a_config(kernel="", ramdisk="", boot_iso="glance://8a5c"), MAC)
    place = f"http://172.30.0.1:6386/boot/files/{UUID}/boot_iso"
    assert f"\nsanboot --no-describe {place} || goto again\n" in script
    assert "kernel" not in script
    with pytest.raises(Invalid, match="boot script"):
        ramdisk_script(a_config(boot_iso="http://a/b ${cmd}"), MAC)


def test_files_on_another_server_are_loaded_from_there():
    config = a_config(kernel="https://files.example/k", ramdisk="http://files.example/r?a=1&b=2")
    script = ramdisk_script(config, MAC)
    assert "kernel https://files.example/k initrd=ramdisk" in script
    assert "initrd --name ramdisk http://files.example/r?a=1&b=2 ||" in script


@pytest.mark.parametrize(
    "word",
    [
        "a b",
        "a\nb",
        "a\rb",
        "a\tb",
        "a\x00",
        "${net0/mac}",
        "a;b",
        "&&",
        "||",
        "a&&shell",
        'a="b"',
        "a='b'",
        "#x",
        "-x",
        "a\\",
        "`x`",
        "a\u2028b",
        "ünï",
        "",
        "a#b",
        "$(x)",
    ],
)
def test_a_word_that_could_be_read_as_anything_else_is_refused(word):
    with pytest.raises(Invalid, match="refused"):
        KernelParameters((word,))


@pytest.mark.parametrize(
    "text",
    [
        "console=ttyS0,115200n8 nomodeset",
        "ip=[fe80::1]::[fe80::2]:64 rd.debug=~/x",
        "pci=nommconf memmap=64M@0x1000 isolcpus=1-3,5 quiet!",
    ],
)
def test_ordinary_parameters_pass_unchanged(text):
    assert str(KernelParameters.parse(text)) == text


def test_a_line_end_in_the_text_is_refused_not_taken_for_a_space():
    with pytest.raises(Invalid):
        KernelParameters.parse("quiet\nchain http://evil/")


def test_a_command_line_longer_than_the_kernel_reads_is_refused():
    with pytest.raises(Invalid, match="characters"):
        KernelParameters(("x" * 1000, "y" * 1000))


@given(st.lists(st.text(min_size=1, max_size=30), max_size=5))
def test_any_parameters_are_refused_or_appear_as_exactly_those_words(words):
    try:
        script = ramdisk_script(a_config(params=tuple(words)), MAC)
    except Invalid:
        return
    expected = WHOLE.replace("console=ttyS0", " ".join(words)) if words else None
    assert script.count("\n") == WHOLE.count("\n")
    assert "$" not in script
    line = next(line for line in script.split("\n") if line.startswith("kernel "))
    assert line.split(" ")[3 : 3 + len(words)] == words or not words
    assert expected is None or script == expected


@given(
    st.sampled_from(["node_uuid", "purpose", "listener", "kernel", "ramdisk"]),
    st.text(max_size=60) | st.text("ab/:.;&|${}\n #\"'", max_size=60).map("http://h/".__add__),
)
def test_no_field_can_add_a_command(name, text):
    try:
        script = ramdisk_script(a_config(**{name: text}), MAC)
    except Invalid:
        return
    commands = [line.split(" ")[0] for line in script.split("\n")]
    assert commands == [line.split(" ")[0] for line in WHOLE.split("\n")]
    assert "${" not in script
    words = [word for line in script.split("\n") for word in line.split(" ")]
    assert words.count("||") == 2
    assert ";" not in words
    assert "&&" not in words


def test_an_unknown_machine_is_told_so_and_goes_on_to_its_next_boot_device():
    lines = unknown_machine_script(MAC).splitlines()
    assert lines[0] == "#!ipxe"
    assert MAC in lines[1]
    assert lines[-2:] == ["sleep 10", "exit"]


@given(st.text(max_size=40))
def test_no_mac_can_add_a_command_to_the_unknown_machines_script(mac):
    try:
        script = unknown_machine_script(mac)
    except Invalid:
        return
    assert script.count("\n") == unknown_machine_script(MAC).count("\n")
    assert "$" not in script
