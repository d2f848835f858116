"""Servers are ordered and given back while processes, broker and database are killed all the time.

`make soak` runs it: for SOAK_S seconds, from the seed SOAK_SEED.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.roles.processes import Processes, a_cloud_of_processes
from tests.postgresql_server import PostgreSQL
from tests.rabbitmq import Broker
from tests.soak.killer import Killer
from tests.soak.tenants import Client, Server, Tenant, until

SECONDS = float(os.environ.get("SOAK_S", "60"))
SEED = int(os.environ.get("SOAK_SEED", "20261127"))
NODES = 10
TENANTS = 5
VLANS = {"provisioning": 100, "cleaning": 101, "inspection": 102, "tenant": 200}
DELAYS = {"deploy.wait_for_ramdisk": 0.5, "deploy.write_image": 1, "deploy.erase_devices": 0.5}


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """Its own: it is killed."""
    return Broker.prepare(tmp_path / "broker").started()


@pytest.fixture
def database() -> Iterator[PostgreSQL]:
    """Its own, likewise."""
    with PostgreSQL.running() as server:
        yield server


@dataclass
class World:
    """What the tenants need to know, and what is true in the end."""

    client: Client
    cloud: Processes
    nodes: list[str]

    def disks(self) -> dict[str, Any]:
        """What each node's fake disk holds, by node."""
        query = "SELECT node_uuid, content FROM baremetal_blobs WHERE kind = 'fake machine'"
        return {row[0]: json.loads(row[1]).get("disk") for row in self.cloud.rows(query)}

    def holds_its_image(self, server: Server) -> None:
        """An active server's disk is its own, and its node and network port say the same."""
        node = server["OS-EXT-SRV-ATTR:hypervisor_hostname"]
        shown = self.client.call("GET", f"/v1/nodes/{node}")
        assert (shown["provision_state"], shown["instance_uuid"]) == ("active", server["id"])
        query = f"/network/v2.0/ports?device_id={server['id']}"
        (port,) = self.client.call("GET", query)["ports"]
        vifs = self.client.call("GET", f"/v1/nodes/{node}/vifs")["vifs"]
        assert vifs == [{"id": port["id"]}]
        disk = until(lambda: self._disk_of(node), f"the disk of {node}")
        assert disk["instance"] == server["id"]

    def _disk_of(self, node: str) -> Mapping[str, Any] | None:
        """None also while the database is away."""
        try:
            return self.disks().get(node)
        except Exception:
            return None


def prepare(cloud: Processes) -> tuple[World, dict[str, Any]]:
    """Networks, an image, a flavor, clean nodes; and what an order says."""
    client, images = Client(cloud.port), Client(cloud.image_port)
    networks = {}
    for name, vlan in VLANS.items():
        body = {"name": name, "provider:network_type": "vlan", "provider:segmentation_id": vlan}
        made = client.once("POST", "/network/v2.0/networks", {"network": body})["network"]["id"]
        subnet = {"network_id": made, "ip_version": 4, "cidr": f"172.20.{vlan}.0/24"}
        client.once("POST", "/network/v2.0/subnets", {"subnet": subnet})
        networks[name] = made
    image = {"name": "i", "disk_format": "raw", "container_format": "bare"}
    image_id = images.once("POST", "/image/v2/images", image)["id"]
    images.once("PUT", f"/image/v2/images/{image_id}/file", b"\0" * 1_048_576)
    flavor = {"name": "f", "vcpus": 1, "ram": 1024, "disk": 10}
    flavor_id = client.once("POST", "/compute/v2.1/flavors", {"flavor": flavor})["flavor"]["id"]
    specs = {"resources:CUSTOM_LAB": "1"}
    specs |= {f"resources:{kind}": "0" for kind in ("VCPU", "MEMORY_MB", "DISK_GB")}
    path = f"/compute/v2.1/flavors/{flavor_id}/os-extra_specs"
    client.once("POST", path, {"extra_specs": specs})
    nodes = [_a_node(client, number) for number in range(NODES)]
    order = {
        "flavorRef": flavor_id,
        "imageRef": image_id,
        "networks": [{"uuid": networks["tenant"]}],
    }
    return World(client, cloud, nodes), order


def _a_node(client: Client, number: int) -> str:
    body = {
        "name": f"node-{number}",
        "driver": "fake-hardware",
        "network_interface": "neutron",
        "resource_class": "lab",
        "driver_info": {"fake_step_delay_s": DELAYS},
        "properties": {"cpu_arch": "x86_64", "cpus": 1, "memory_mb": 1024, "local_gb": 10},
    }
    node = str(client.once("POST", "/v1/nodes", body)["uuid"])
    port = {
        "node_uuid": node,
        "address": f"52:54:00:00:00:{number:02x}",
        "local_link_connection": {
            "switch_id": "52:54:00:be:55:00",
            "port_id": f"swp{number}",
            "switch_info": "tor",
        },
    }
    client.once("POST", "/v1/ports", port)
    path = f"/v1/nodes/{node}"
    for target, state in (("manage", "manageable"), ("provide", "available")):
        client.once("PUT", f"{path}/states/provision", {"target": target})
        until(lambda state=state: _in(client, path, state), f"{node} to be {state}")
    return node


def _in(client: Client, path: str, state: str) -> Mapping[str, Any] | None:
    shown: Mapping[str, Any] = client.once("GET", path)
    return shown if shown["provision_state"] == state else None


def killed_meanwhile(killer: Killer, tenants: list[Tenant], seconds: float) -> None:
    """Let them all live for so long, then let the tenants finish in peace."""
    over = threading.Event()

    def live(tenant: Tenant) -> None:
        while not over.is_set():
            tenant.live_once()

    timer = threading.Timer(seconds, over.set)
    with ThreadPoolExecutor(len(tenants) + 1) as pool:
        timer.start()
        working = [pool.submit(live, tenant) for tenant in tenants]
        working.append(pool.submit(killer.run, over))
        try:
            for each in as_completed(working):
                each.result()
        finally:
            over.set()
            timer.cancel()


def test_every_server_lives_and_every_node_ends_clean(tmp_path, broker, database):
    url = database.url("postgres")
    with a_cloud_of_processes(tmp_path, broker.url, url, conductors=3) as cloud:
        killer = Killer(cloud, broker, database, SEED)
        try:
            world, order = prepare(cloud)
            tenants = [
                Tenant(f"tenant-{number}", world.client, order, world.holds_its_image)
                for number in range(TENANTS)
            ]
            killed_meanwhile(killer, tenants, SECONDS)
            for node in world.nodes:
                path = f"/v1/nodes/{node}"
                shown = until(lambda path=path: _in(world.client, path, "available"), node)
                assert shown["instance_uuid"] is None
                assert world.client.call("GET", f"{path}/vifs") == {"vifs": []}
            until(lambda: not _lent(world) or None, "every lease to be given back")
            assert set(world.disks().values()) == {None}
            assert world.client.call("GET", "/network/v2.0/ports")["ports"] == []
            assert world.client.call("GET", "/compute/v2.1/servers")["servers"] == []
        finally:
            killer.broker.kill()
    served = sum(tenant.served for tenant in tenants)
    print(f"{len(killer.deeds)} deeds, {served} servers: {', '.join(killer.deeds)}")
    assert served >= TENANTS, killer.deeds


def _lent(world: World) -> list[Any]:
    """Leases held, and work in hand."""
    held = "SELECT node_uuid FROM baremetal_leases WHERE owner IS NOT NULL"
    return world.cloud.rows(f"{held} UNION ALL SELECT node_uuid FROM baremetal_work")
