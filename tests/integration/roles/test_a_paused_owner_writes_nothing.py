"""A conductor is stopped (SIGSTOP) while it holds nodes, past its leases, and then goes on."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.roles.processes import PATIENCE_S, Processes, a_cloud_of_processes
from tests.postgresql_server import PostgreSQL
from tests.rabbitmq import Broker

NODES = 4
HELD = "SELECT node_uuid FROM baremetal_leases WHERE owner LIKE 'conductor-1:%'"


@pytest.fixture
def database() -> Iterator[PostgreSQL]:
    """One's own: SQLite's only write lock might stop with its holder."""
    with PostgreSQL.running() as server:
        yield server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """One's own: clouds that run side by side would answer to the same names."""
    made = Broker.prepare(tmp_path / "broker").started()
    yield made
    made.kill()


@pytest.fixture
def cloud(tmp_path: Path, broker, database) -> Iterator[Processes]:
    with a_cloud_of_processes(tmp_path, broker.url, database.url("postgres")) as running:
        yield running


def available_nodes(cloud: Processes) -> list[str]:
    """All of conductor-1; their steps are many and short, so a lease is held most of the time."""
    info = {"fake_step_delay_s": {"deploy.write_image": 0.1}}
    instance = {"image_source": "http://images.test/x", "root_gb": 10}
    body = {"driver": "fake-hardware", "driver_info": info, "instance_info": instance}
    nodes: list[str] = []
    while len(nodes) < NODES:
        made = cloud.call("POST", "/v1/nodes", body)
        if made["conductor"] == "conductor-1":
            nodes.append(str(made["uuid"]))
    for target, state in (("manage", "manageable"), ("provide", "available")):
        for node in nodes:
            cloud.provision(node, target)
        for node in nodes:
            cloud.until_state(node, state)
    return nodes


def stopped_while_holding(cloud: Processes, nodes: list[str]) -> set[str]:
    """Deploys and rebuilds until the conductor could be stopped in the middle; what it holds."""
    conductor = cloud.running["conductor-1"].process
    until = time.monotonic() + PATIENCE_S
    target = "active"
    while time.monotonic() < until:
        for node in nodes:
            cloud.provision(node, target)
        for _ in range(20):
            conductor.send_signal(signal.SIGSTOP)
            if held := {str(row[0]) for row in cloud.rows(HELD)}:
                return held
            conductor.send_signal(signal.SIGCONT)
        for node in nodes:
            cloud.until_state(node, "active")
        target = "rebuild"
    raise AssertionError("the conductor never held a node when it was stopped")


def settled(cloud: Processes, node: str) -> dict[str, Any]:
    """What a late write would change."""
    shown = cloud.call("GET", f"/v1/nodes/{node}")
    keys = ("provision_state", "provision_updated_at", "power_state", "instance_info")
    return {key: shown[key] for key in keys}


def test_its_work_is_taken_over_and_its_late_writes_are_refused(cloud):
    nodes = available_nodes(cloud)
    held = stopped_while_holding(cloud, nodes)
    for node in nodes:
        assert cloud.until_state(node, "active")["conductor"] == "conductor-2"
    before = {node: settled(cloud, node) for node in nodes}

    cloud.running["conductor-1"].process.send_signal(signal.SIGCONT)
    first = min(held)
    cloud.until(first, lambda shown: shown["conductor"] == "conductor-1")
    assert {node: settled(cloud, node) for node in nodes} == before
    cloud.provision(first, "rebuild")  # whatever was left of its old work has ended by then
    cloud.until_state(first, "active")
    after = {node: settled(cloud, node) for node in nodes}
    assert {**after, first: None} == {**before, first: None}
    assert cloud.rows("SELECT node_uuid FROM baremetal_work") == []
