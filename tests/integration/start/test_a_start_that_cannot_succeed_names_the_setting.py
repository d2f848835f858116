"""`bessemer serve` with wrong settings: exit status 2, the setting's name, no traceback, no secret."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bessemer.db.engine import open_database
from bessemer.db.upgrade import upgrade
from bessemer.state_directory import held_state_directory

BESSEMER = Path(sys.executable).with_name("bessemer")
URL = "BESSEMER_DATABASE__URL"


def a_free_port() -> str:
    """Tests run side by side, and each server binds its ramdisk listener."""
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return str(probe.getsockname()[1])


def bessemer(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit status and everything written."""
    done = subprocess.run(
        [str(BESSEMER), *arguments],
        env={**os.environ, "BESSEMER_BAREMETAL__RAMDISK_PORT": a_free_port(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


def refused(*arguments: str, **environment: str) -> str:
    status, words = bessemer("serve", "--port", "0", *arguments, **environment)
    assert status == 2, words
    assert "Traceback" not in words
    return words


@pytest.mark.parametrize("folder", ["/proc/nowhere", "/dev/null"])
def test_a_state_directory_that_cannot_be_written(folder):
    words = refused("--state-dir", folder)
    assert f"server.state_directory: cannot write in {folder}" in words


@pytest.mark.parametrize(
    "url",
    [
        "not a url:hunter2",
        "mysql://u:hunter2@127.0.0.1/x",
        "sqlite:////tmp/never-made.db",
        "sqlite+aiosqlite:////proc/nowhere/x.db",
    ],
)
def test_a_database_url_that_cannot_be_used(tmp_path, url):
    words = refused("--state-dir", str(tmp_path), **{URL: url})
    assert words.startswith("database.url: ")
    assert "hunter2" not in words


def test_hardware_that_there_is_not(tmp_path):
    wrong = {"BESSEMER_BAREMETAL__ENABLED_POWER_INTERFACES": '["ipmitool", "steam"]'}
    words = refused("--state-dir", str(tmp_path), **wrong)
    assert "baremetal.enabled_power_interfaces names 'steam', which there is not" in words


def test_a_database_file_that_is_none(tmp_path):
    (tmp_path / "bessemer.db").write_bytes(b"something else" * 1000)
    words = refused("--state-dir", str(tmp_path))
    assert "database.url: cannot use " in words
    assert "file is not a database" in words


def test_a_section_given_as_one_word(tmp_path):
    assert "BESSEMER_SERVER__PORT" in refused("--state-dir", str(tmp_path), BESSEMER_SERVER="x")


def test_the_list_of_settings_shows_no_password():
    status, words = bessemer("settings", **{URL: "postgresql+asyncpg://u:hunter2@h/x"})
    assert status == 0
    assert "postgresql+asyncpg://u:***@h/x" in words


async def test_the_database_is_for_its_owner_only(tmp_path):
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bessemer.db")
    await upgrade(database)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    await database.close()
    assert "bessemer.db" in modes
    assert set(modes.values()) == {0o600}


def test_a_state_directory_that_another_server_holds(tmp_path):
    with held_state_directory(tmp_path):
        words = refused("--state-dir", str(tmp_path))
    assert "in use by another bessemer" in words
    assert str(os.getpid()) in words
    assert not (tmp_path / "bessemer.db").exists()


@pytest.mark.parametrize("name", ["BESSEMER_SEVER__PORT", "BESSEMER_SERVERPORT", "BESSEMER_X"])
def test_a_misspelt_section(tmp_path, name):
    words = refused("--state-dir", str(tmp_path), **{name: "1"})
    assert name in words
    assert "there is no section" in words


def test_a_misspelt_setting(tmp_path):
    words = refused("--state-dir", str(tmp_path), BESSEMER_SERVER__PROT="1")
    assert "server.prot: there is no such setting" in words


def test_a_password_file_that_is_missing(tmp_path):
    words = refused(
        "--state-dir",
        str(tmp_path),
        BESSEMER_AUTHENTICATION__STRATEGY="http_basic",
        BESSEMER_AUTHENTICATION__HTPASSWD_FILE=str(tmp_path / "none"),
    )
    assert "authentication.htpasswd_file" in words


@pytest.mark.parametrize("strategy", ["http_basic", "keystone"])
def test_a_strategy_that_is_not_set_up(tmp_path, strategy):
    words = refused("--state-dir", str(tmp_path), BESSEMER_AUTHENTICATION__STRATEGY=strategy)
    assert f"strategy is {strategy}: set " in words


async def test_a_database_that_others_could_read_is_closed(tmp_path):
    file = tmp_path / "bessemer.db"
    file.touch()
    file.chmod(0o644)
    database = open_database(f"sqlite+aiosqlite:///{file}")
    await upgrade(database)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    await database.close()
    assert set(modes.values()) == {0o600}
