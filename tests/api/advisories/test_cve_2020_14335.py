"""Foreman CVE-2020-14335, and before it CVE-2012-5477, CVE-2014-0135, later CVE-2023-4886: files with
secrets could be read by every user of the host. What a server keeps is for its own user alone."""

import stat

from bessemer.bootstrap import Cloud
from bessemer.settings import Settings

FOR_MACHINES = {"dhcp", "boot"}
"""Folders whose files are handed out to machines by a daemon with another user."""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def readable_by_others(path, top):
    """Its own mode lets them, and that of each folder on the way."""
    folders = [each for each in path.parents if each.is_relative_to(top)]
    return bool(mode(path) & 0o077) and all(mode(each) & 0o011 for each in folders)


async def test_no_file_of_the_server_can_be_read_by_others(tmp_path):
    state = tmp_path / "state"
    cloud = Cloud(Settings(server={"state_directory": state}))
    await cloud.start()
    try:
        kept = [each for each in state.rglob("*") if each.is_file()]
        own = [each for each in kept if each.relative_to(state).parts[0] not in FOR_MACHINES]
        assert {"secret.key", "admin-password", "bessemer.db"} <= {each.name for each in own}
        assert [each for each in own if readable_by_others(each, state)] == []
        assert not mode(state) & 0o066
    finally:
        await cloud.stop()
