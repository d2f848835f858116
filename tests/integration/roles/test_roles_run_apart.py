"""One API process, two conductors and one process of the other roles: together they are one cloud."""

import uuid
from collections.abc import Iterator

import pytest
from tests.integration.roles.processes import Processes, a_cloud_of_processes
from tests.rabbitmq import Broker

CONDUCTORS = ("conductor-1", "conductor-2")


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Broker]:
    """One's own: clouds that run side by side would answer to the same names."""
    running = Broker.prepare(tmp_path_factory.mktemp("rabbitmq") / "broker").started()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, broker) -> Iterator[Processes]:
    """With all its processes running; a test that stops one starts it again."""
    with a_cloud_of_processes(tmp_path_factory.mktemp("cloud"), broker.url) as running:
        yield running


def a_node_of(cloud: Processes, conductor: str, **driver_info: object) -> str:
    """A manageable fake node that the hash ring gives to this conductor."""
    while True:
        body = {
            "uuid": str(uuid.uuid4()),
            "driver": "fake-hardware",
            "driver_info": driver_info,
            "instance_info": {"image_source": "http://images.test/x", "root_gb": 10},
        }
        node = cloud.call("POST", "/v1/nodes", body)
        if node["conductor"] == conductor:
            cloud.provision(node["uuid"], "manage")
            return str(cloud.until_state(node["uuid"], "manageable")["uuid"])


@pytest.mark.parametrize("conductor", CONDUCTORS)
def test_a_node_lives_its_life_on_its_conductor(cloud, conductor):
    node = a_node_of(cloud, conductor)
    for target, state in (("provide", "available"), ("active", "active"), ("deleted", "available")):
        cloud.provision(node, target)
        cloud.until_state(node, state)
    done = {name: node in str(cloud.running[name].log("step.done")) for name in CONDUCTORS}
    assert done == {name: name == conductor for name in CONDUCTORS}


@pytest.mark.parametrize("conductor", CONDUCTORS)
def test_what_needs_the_hardware_is_asked_of_its_conductor(cloud, conductor):
    node = a_node_of(cloud, conductor)
    path = f"/v1/nodes/{node}/management/boot_device"
    cloud.call("PUT", path, {"boot_device": "pxe", "persistent": True})
    assert cloud.call("GET", path) == {"boot_device": "pxe", "persistent": True}
    cloud.call("PUT", f"/v1/nodes/{node}/states/power", {"target": "power on"})
    cloud.until(node, lambda shown: shown["power_state"] == "power on")
    asked = {
        name: [
            line["call"]
            for line in cloud.running[name].log("conductor.asked")
            if line["subject"] == node
        ]
        for name in CONDUCTORS
    }
    assert asked == {
        name: ["boot_device.write", "boot_device.read", "set_power.order"] * (name == conductor)
        for name in CONDUCTORS
    }


def test_nodes_of_a_killed_conductor_are_taken_over(cloud):
    nodes = [
        a_node_of(cloud, "conductor-1", fake_step_delay_s={"deploy.deploy": 2}) for _ in range(2)
    ]
    for node in nodes:
        cloud.provision(node, "provide")
    for node in nodes:
        cloud.until_state(node, "available")
        cloud.provision(node, "active")
    cloud.until(nodes[0], lambda shown: shown["provision_state"].startswith(("deploy", "wait")))
    cloud.running["conductor-1"].kill()
    for node in nodes:
        assert cloud.until_state(node, "active")["conductor"] == "conductor-2"
    path = f"/v1/nodes/{nodes[0]}/management/boot_device"
    cloud.call("PUT", path, {"boot_device": "disk"})
    assert cloud.call("GET", path)["boot_device"] == "disk"
    cloud.start("conductor-1", "--roles", "conductor", "--conductor-host", "conductor-1")


def test_a_conductor_that_is_told_to_stop_hands_its_nodes_over(cloud):
    node = a_node_of(cloud, "conductor-2", fake_step_delay_s={"deploy.deploy": 2})
    cloud.provision(node, "provide")
    cloud.until_state(node, "available")
    cloud.provision(node, "active")
    cloud.until(node, lambda shown: shown["provision_state"].startswith(("deploy", "wait")))
    assert cloud.running["conductor-2"].stop() == 0
    assert cloud.until_state(node, "active")["conductor"] == "conductor-1"
    cloud.start("conductor-2", "--roles", "conductor", "--conductor-host", "conductor-2")
