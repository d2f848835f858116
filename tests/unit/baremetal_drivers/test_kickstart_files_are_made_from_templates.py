"""Kickstart files: what templates may do, what gets into them, and how they end."""

import io

import pycdlib
import pytest

from bessemer.baremetal.drivers.anaconda import seed
from bessemer.baremetal.drivers.anaconda.kickstart import DEFAULT, rendered
from bessemer.baremetal.drivers.anaconda.source import named
from bessemer.errors import Invalid

OPTIONS = {
    "liveimg_url": "http://172.30.0.1:6386/installer/1/image/image.tar",
    "liveimg_checksum": "",
    "repo_url": "",
    "heartbeat_url": "http://172.30.0.1:6386/v1/heartbeat/1",
    "agent_token": "token-1",
    "config_drive": "",
    "insecure_heartbeat": False,
}
REPORT = "{{ ks_options.heartbeat_url }}\n"
OS = {"kernel": "vmlinuz", "ramdisk": "initrd"}


def test_the_default_installs_the_image_or_the_repository():
    template = DEFAULT.read_text()
    text = rendered(template, OPTIONS)
    assert 'liveimg --url="http://172.30.0.1:6386/installer/1/image/image.tar"\n' in text
    assert "%packages" not in text
    assert text.count('"agent_token": "token-1"') == 3
    from_repository = rendered(template, {**OPTIONS, "repo_url": "https://mirror.test/os/"})
    assert 'url --url="https://mirror.test/os/"\n' in from_repository
    assert "liveimg" not in from_repository


@pytest.mark.parametrize("ending", ["reboot --eject", "halt", "shutdown", "  poweroff", ""])
def test_whatever_a_template_says_the_machine_goes_off(ending: str):
    text = rendered(f"text\n{ending}\n%post\nreboot\n%end\n{REPORT}", OPTIONS)
    assert text.splitlines()[:2] == ["poweroff", "text"]
    assert text.count("poweroff") == 1
    assert "%post\nreboot\n%end" in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% for i in (1, 2) %}{% endfor %}", "line 1: For is not taken"),
        ("\n{{ ks_options.agent_token.upper() }}", "line 2: Call is not taken"),
        ("{{ ks_options.__class__ }}", "not taken"),
        ("{{ ks_options|length }}", "Filter is not taken"),
        ("{% include '/etc/passwd' %}", "Include is not taken"),
        ("{% set x = 1 %}", "Assign is not taken"),
        ("{{ 'a' * 1000000000 }}", "Mul is not taken"),
        ("{{ ks_options.password }}", "there is ks_options.agent_token"),
        ("{{ token }}", "what there is not"),
        ("{% if %}", "line 1"),
        ("{% if ks_options.repo_url > 1 %}{% endif %}", "cannot be compared"),
        ("%ksappend /etc/shadow\n", "%ksappend"),
    ],
)
def test_a_template_does_no_more_than_it_must(template: str, words: str):
    with pytest.raises(Invalid, match=words):
        rendered(template + REPORT, OPTIONS)


def test_a_file_does_not_grow_without_bounds():
    drive = {**OPTIONS, "config_drive": "x" * 1_000_000}
    with pytest.raises(Invalid, match="longer than"):
        rendered("{{ ks_options.config_drive }}" * 50 + REPORT, drive)


def a_drive(**files: bytes) -> bytes:
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, rock_ridge="1.09", vol_ident="config-2")
    for number, (name, data) in enumerate(files.items()):
        iso.add_fp(io.BytesIO(data), len(data), f"/FILE{number:04}.;1", rr_name=name)
    written = io.BytesIO()
    iso.write_fp(written)
    return written.getvalue()


def test_the_config_drives_files_are_written_and_none_can_end_its_section():
    text = seed.section(a_drive(user_data=b"%end\nCONTENT\n$(reboot)", empty=b""))
    assert text.splitlines()[0] == "%post --erroronfail"
    assert text.count("%end") == 1
    assert text.count("CONTENT") == 4
    assert "reboot" not in text
    assert f"{seed.FOLDER}/user_data" in text
    assert seed.section(None) == ""


@pytest.mark.parametrize("name", ["a b", "a'b", "a;reboot", "$(reboot)", "-x", ".ssh"])
def test_names_that_a_shell_could_take_for_something_else_are_refused(name: str):
    with pytest.raises(Invalid, match="characters"):
        seed.section(a_drive(**{name: b""}))


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", bytes(70000)])
def test_what_is_no_file_system_is_refused(content: bytes):
    with pytest.raises(Invalid, match="cannot be read"):
        seed.section(content)


@pytest.mark.parametrize(
    "source",
    [
        'http://a/"\nreboot\n/',
        "http://a/$(reboot)/",
        "http://a/`reboot`/",
        "http://a/&reboot;/",
        "http://a/'/",
        "http://a/ /",
    ],
)
def test_a_repositorys_url_cannot_bring_commands(source: str):
    with pytest.raises(Invalid):
        named({"image_source": source, **OS})


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, "no image_source"),
        ({"image_source": "http://a/os/"}, "lacks kernel, ramdisk"),
        ({"image_source": "http://a/os.tar", **OS}, "lacks stage2"),
        ({"image_source": "http://a/os.zip", "stage2": "s", **OS}, "does not end with"),
        ({"image_source": "file:///etc/passwd"}, "neither an image"),
        ({"image_source": "os", "ks_template": "/etc/passwd"}, "ks_template"),
    ],
)
def test_what_is_missing_or_wrong_is_named(info: dict[str, str], words: str):
    with pytest.raises(Invalid, match=words):
        named(info)
