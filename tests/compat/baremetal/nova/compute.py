"""nova-compute's own driver for Ironic, called as its manager calls it, through the life of one server.

Runs in the environment `nova`. Real: the driver, the openstacksdk that it talks by, Nova's database
(SQLite), instances and config drives. Given instead of asked of Neutron, Glance and Placement:
`network_info`, the image's metadata and the tree of resource providers. Neutron is asked for
security groups only; that is our network room.
"""

import sys
import uuid
from pathlib import Path

import nova.conf
from nova import context as nova_context
from nova import objects
from nova.compute import power_state, provider_tree, task_states, vm_states
from nova.db import migration
from nova.db.api import api as api_db
from nova.db.main import api as main_db
from nova.network import model
from nova.virt.ironic import driver as ironic

CONF = nova.conf.CONF
HOST = "compute-1"
USER, PROJECT = uuid.uuid4().hex, uuid.uuid4().hex


def configure(url: str, folder: str) -> None:
    """As nova.conf would: Ironic without authentication, a database of our own."""
    file = Path(folder) / "nova.conf"
    file.write_text(f"""
[DEFAULT]
host = {HOST}
force_config_drive = true
state_path = {folder}
tempdir = {folder}
[database]
connection = sqlite:///{folder}/nova.db
[api_database]
connection = sqlite:///{folder}/nova_api.db
[oslo_concurrency]
lock_path = {folder}
[ironic]
auth_type = none
endpoint_override = {url}
api_retry_interval = 1
[neutron]
auth_type = none
endpoint_override = {url}/network
""")
    CONF([], project="nova", default_config_files=[str(file)])
    objects.register_all()
    main_db.configure(CONF)
    api_db.configure(CONF)
    migration.db_sync(database="main")
    migration.db_sync(database="api")


def an_instance(context, node: str) -> objects.Instance:
    """As the conductor and the resource tracker leave it before the manager spawns it."""
    flavor = objects.Flavor(
        context,
        flavorid="gold",
        name="gold",
        vcpus=4,
        memory_mb=8192,
        root_gb=10,
        ephemeral_gb=0,
        swap=0,
        id=1,
        rxtx_factor=1.0,
        vcpu_weight=0,
        disabled=False,
        is_public=True,
        extra_specs={"resources:CUSTOM_GOLD": "1", "trait:CUSTOM_FAST": "required"},
    )
    instance = objects.Instance(
        context,
        uuid=str(uuid.uuid4()),
        project_id=PROJECT,
        user_id=USER,
        host=HOST,
        node=node,
        compute_id=1,
        flavor=flavor,
        old_flavor=None,
        new_flavor=None,
        display_name="web-1",
        hostname="web-1",
        image_ref=str(uuid.uuid4()),
        root_gb=10,
        ephemeral_gb=0,
        memory_mb=8192,
        vcpus=4,
        vm_state=vm_states.BUILDING,
        task_state=task_states.SPAWNING,
        config_drive="True",
        system_metadata={},
        metadata={},
        instance_type_id=1,
        launch_index=0,
        reservation_id="r-1",
        numa_topology=None,
        pci_requests=None,
        key_data=None,
        user_data=None,
        os_type="linux",
        availability_zone="nova",
        launched_on=HOST,
        cell_name=None,
        architecture="x86_64",
    )
    instance.create()
    return instance


def a_vif(ident: str, mac: str) -> model.VIF:
    """What Neutron would tell of a port."""
    subnet = model.Subnet(
        cidr="10.0.1.0/24",
        version=4,
        dns=[],
        gateway=model.IP("10.0.1.1", "gateway"),
        routes=[],
        ips=[model.FixedIP(address="10.0.1.5", version=4)],
    )
    network = model.Network(
        id=str(uuid.uuid4()), bridge=None, label="tenant", subnets=[subnet], mtu=1500
    )
    return model.VIF(
        id=ident, address=mac, network=network, type="other", vnic_type="baremetal", active=True
    )


def main(url: str, node: str, folder: str) -> None:
    configure(url, folder)
    context = nova_context.RequestContext(USER, PROJECT, is_admin=True)
    driver = ironic.IronicDriver(virtapi=None)
    driver.init_host(HOST)
    assert driver.get_available_nodes() == [node]
    assert driver.node_is_available(node)
    assert not driver.node_is_available(str(uuid.uuid4()))
    assert driver.get_available_resource(node)["stats"]["cpu_arch"] == "x86_64"
    assert inventory(driver, node) == ({"CUSTOM_GOLD": 0}, {"CUSTOM_FAST"})

    instance = an_instance(context, node)
    vif = a_vif(str(uuid.uuid4()), "fa:16:3e:00:00:01")
    network_info = model.NetworkInfo([vif])
    image = objects.ImageMeta.from_dict({"id": instance.image_ref, "properties": {}})
    instance.info_cache = objects.InstanceInfoCache.new(context, instance.uuid)
    instance.info_cache.network_info = network_info
    instance.info_cache.save()
    driver.prepare_for_spawn(instance)
    driver.prepare_networks_before_block_device_mapping(instance, network_info)
    driver.prepare_networks_before_block_device_mapping(instance, network_info)
    driver.spawn(context, instance, image, [], "secret", {}, network_info=network_info)
    instance.vm_state, instance.task_state = vm_states.ACTIVE, None
    instance.save()
    assert driver.get_available_nodes() == [node]
    assert inventory(driver, node) == ({"CUSTOM_GOLD": 1}, {"CUSTOM_FAST"})
    assert driver.list_instance_uuids() == [instance.uuid]
    assert driver.instance_exists(instance)
    assert driver.get_volume_connector(instance)["os_type"] == "baremetal"

    def power() -> int:
        return driver.get_info(instance, use_cache=False).state

    assert power() == power_state.RUNNING
    driver.power_off(instance, timeout=30)
    assert power() == power_state.SHUTDOWN
    driver.power_on(context, instance, network_info)
    driver.reboot(context, instance, network_info, "SOFT")
    driver.reboot(context, instance, network_info, "HARD")
    driver.power_off(instance)
    driver.power_on(context, instance, network_info)
    assert power() == power_state.RUNNING
    driver.trigger_crash_dump(instance)

    second = a_vif(str(uuid.uuid4()), "fa:16:3e:00:00:02")
    driver.attach_interface(context, instance, image, second)
    driver.detach_interface(context, instance, second)
    driver.rescue(context, instance, network_info, image, "rescue me", None, None)
    driver.unrescue(context, instance)
    instance.task_state = task_states.REBUILDING
    instance.save()
    driver.rebuild(
        context, instance, image, [], "secret", {}, [], None, None, network_info=network_info
    )
    driver.destroy(context, instance, network_info)
    assert not driver.instance_exists(instance)
    assert driver.get_available_nodes() == [node]
    assert inventory(driver, node) == ({"CUSTOM_GOLD": 0}, {"CUSTOM_FAST"})
    driver.destroy(context, instance, network_info)
    print("the server's life is over")


def inventory(driver, node: str) -> tuple[dict[str, int], set[str]]:
    """Resource class -> how many are reserved; and the traits."""
    tree = provider_tree.ProviderTree()
    tree.new_root(node, node)
    driver.update_provider_tree(tree, node)
    data = tree.data(node)
    return {name: held["reserved"] for name, held in data.inventory.items()}, set(data.traits)


if __name__ == "__main__":
    main(*sys.argv[1:])
