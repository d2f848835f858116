"""PostgreSQL's user must reach its folder, whatever folder that is made in."""

import stat
from pathlib import Path

import pytest
from bench.bessemer_server import let_pass


@pytest.mark.parametrize(("before", "after"), [(0o700, 0o711), (0o1777, 0o1777)])
def test_nothing_is_taken_away(tmp_path: Path, before: int, after: int):
    tmp_path.chmod(before)
    let_pass(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == after
