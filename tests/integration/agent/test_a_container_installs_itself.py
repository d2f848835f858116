"""execute_bootc_install calls podman: a program of that name notes how, and partitions the disk."""

import base64
import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.integration.agent import conductor_server
from tests.integration.agent.agent_process import a_room, parameters_for, running_agent
from tests.integration.agent.conductor_server import AgentClient, ConductorServer, outcome

MIB = 1 << 20
DRIVE = bytes(0x8001) + b"CD001" + b"user data"
PODMAN = """#!/bin/sh
printf '%s\\n' "$@" >{folder}/arguments
cat "$CONTAINERS_CONF_OVERRIDE" >{folder}/conf
for last in "$@"; do
    case "$last" in --authfile=*) cat "${{last#*=}}" >{folder}/login ;; esac
done
exec sfdisk -q "$last" <{folder}/table
"""


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "podman"
    folder.mkdir()
    (folder / "podman").write_text(PODMAN.format(folder=folder))
    (folder / "podman").chmod(0o755)
    (folder / "table").write_text("label: gpt\n2048,40960\n")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_it_is_run_with_login_keys_and_room_for_the_config_drive(tmp_path: Path, podman: Path):
    root = tmp_path / "room"
    root.mkdir()
    with conductor_server.running(ConductorServer()) as conductor:
        room = a_room(root, parameters_for(conductor))
        disk = room.add_disk("sda", 8192 * MIB)
        with running_agent(room):
            agent = AgentClient(conductor.next_heartbeat())
            arguments = {
                "image_source": "oci://registry.test:5000/os/debian:13",
                "instance_info": {"bootc_authorized_keys": "ssh-ed25519 AAAA me"},
                "pull_secret": base64.b64encode(b"me:secret").decode(),
                "configdrive": base64.b64encode(gzip.compress(DRIVE)).decode(),
            }
            step = {"interface": "deploy", "step": "execute_bootc_install", "args": arguments}
            params = {"step": step, "node": conductor.node, "ports": []}
            assert agent.order("deploy.execute_deploy_step", params)[0] == 200
            entry = outcome(conductor, agent, "execute_deploy_step")
            assert entry["command_error"] is None
            refused = agent.order("standby.execute_bootc_install", {"image_source": "debian"})
            assert refused[0] == 400
    words = (podman / "arguments").read_text().splitlines()
    at = words.index("registry.test:5000/os/debian:13")
    assert words[0] == "run"
    assert {"--privileged", "--pid=host", "--volume=/dev:/dev"} <= set(words[:at])
    assert words[at + 1 : at + 4] == ["bootc", "install", "to-disk"]
    assert "--wipe" in words[at:]
    assert f"--root-size={8192 - 1536 - 3}M" in words[at:]
    assert words[-1] == str(disk)
    assert not any("secret" in word for word in words)
    login = json.loads((podman / "login").read_text())
    assert login == {"auths": {"registry.test:5000": {"auth": arguments["pull_secret"]}}}
    (keys,) = (w.split(":")[0].partition("=")[2] for w in words if "authorized_keys:" in w)
    assert Path(keys).read_text() == "ssh-ed25519 AAAA me\n"
    assert "no_pivot_root" in (podman / "conf").read_text()
    table = subprocess.run(["sfdisk", "--dump", disk], check=True, capture_output=True, text=True)
    assert 'name="config-2"' in table.stdout
