"""The key file of temporary URLs fails closed."""

import pytest

from bessemer.errors import ConfigurationError
from bessemer.image.store.key import load_or_make_key


def test_the_key_is_made_once_and_kept(tmp_path):
    key = load_or_make_key(tmp_path / "state")
    assert len(key) == 32
    assert load_or_make_key(tmp_path / "state") == key
    assert load_or_make_key(tmp_path / "other") != key


def test_a_half_written_key_of_a_crash_is_made_anew(tmp_path):
    (tmp_path / "temporary-url.new").write_bytes(b"half")
    assert len(load_or_make_key(tmp_path)) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["temporary-url.key"]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_is_no_key_is_refused(tmp_path, content):
    (tmp_path / "temporary-url.key").write_bytes(content)
    (tmp_path / "temporary-url.key").chmod(0o600)
    with pytest.raises(ConfigurationError, match="Remove it"):
        load_or_make_key(tmp_path)


def test_a_key_that_others_can_read_is_refused(tmp_path):
    load_or_make_key(tmp_path)
    (tmp_path / "temporary-url.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="read by others"):
        load_or_make_key(tmp_path)
