"""The key file of temporary URLs fails closed."""

import pytest

from bessemer.errors import ConfigurationError
from bessemer.image.store.key import FILE_NAME as NAME
from bessemer.image.store.key import load_or_make_key


def test_the_key_is_made_once_and_kept(tmp_path):
    key = load_or_make_key(tmp_path / "state" / NAME)
    assert len(key) == 32
    assert load_or_make_key(tmp_path / "state" / NAME) == key
    assert load_or_make_key(tmp_path / "other" / NAME) != key


def test_a_half_written_key_of_a_crash_is_no_key(tmp_path):
    (tmp_path / f".{NAME}.x1y2z3").write_bytes(b"half")
    assert len(load_or_make_key(tmp_path / NAME)) == 32


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_is_no_key_is_refused(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / NAME).chmod(0o600)
    with pytest.raises(ConfigurationError, match="Remove it"):
        load_or_make_key(tmp_path / NAME)


def test_a_key_that_others_can_read_is_refused(tmp_path):
    load_or_make_key(tmp_path / NAME)
    (tmp_path / NAME).chmod(0o644)
    with pytest.raises(ConfigurationError, match="read by others"):
        load_or_make_key(tmp_path / NAME)
