"""The key that seals BMC passwords: made once for its owner only, and refused when it is not right."""

import stat

import pytest

from bessemer.baremetal.store.sealing import SecretBox
from bessemer.errors import ConfigurationError


def test_it_is_made_once_and_for_its_owner(tmp_path):
    path = tmp_path / "secret.key"
    SecretBox.from_file(path)
    made = path.read_bytes()
    SecretBox.from_file(path)
    assert path.read_bytes() == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 44])
def test_what_is_no_key_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"secret\.key holds no key"):
        SecretBox.from_file(path)
    assert path.read_bytes() == content


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "secret.key"
    SecretBox.from_file(path)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"can be read by others.*chmod 600"):
        SecretBox.from_file(path)


def test_a_start_that_was_cut_off_is_made_good(tmp_path):
    (tmp_path / ".secret.key.x1y2z3").write_bytes(b"half")
    SecretBox.from_file(tmp_path / "secret.key")
