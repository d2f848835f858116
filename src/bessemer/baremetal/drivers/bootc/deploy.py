"""Deploy interface `bootc`: the agent runs a bootable container, which installs itself on the disk."""

import re
from collections.abc import Mapping
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.deploy import LeavesRamdisk
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.orders import Order
from bessemer.baremetal.drivers.agent.words import quoted
from bessemer.baremetal.interfaces.boot import INSTANCE_BOOT
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid

_SCHEME: Final = "oci://"
_CONTAINER: Final = re.compile(r"oci://[a-zA-Z0-9][a-zA-Z0-9.:-]*(/[a-zA-Z0-9_.:@-]+)+\Z")
_KEYS: Final = "bootc_authorized_keys"


class BootcDeploy(LeavesRamdisk):
    """Named "bootc". The container brings partitions and boot loader; no image is downloaded here."""

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid unless instance_info names a container in a registry."""
        source = node.instance_info.get("image_source")
        if not isinstance(source, str) or not _CONTAINER.match(source):
            raise Invalid(
                f"image_source {quoted(str(source), 200)!r}: deploy interface bootc takes bootable "
                "containers, oci://REGISTRY/IMAGE:TAG. For disk images use deploy interface direct."
            )

    def supports_deploy(self, node: Node) -> bool:
        """Whether the image is a container in a registry."""
        return str(node.instance_info.get("image_source") or "").startswith(_SCHEME)

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """The agent's podman pulls it."""
        return Done(f"the container is {task.node.instance_info['image_source']}")

    @step("deploy", priority=80)
    async def execute_bootc_install(self, task: Task) -> Outcome:
        """Have the agent run the container. The order is given once, then followed."""

        async def make() -> Order:
            call = {
                "interface": "deploy",
                "step": "execute_bootc_install",
                "args": await _arguments(task),
            }
            params = {"step": call, **node_and_ports(task.node, task.ports)}
            return Order("deploy.execute_deploy_step", params, destructive=True)

        return await self._orders.carry_out(task, "execute_bootc_install", make)

    @step("deploy", priority=60)
    async def set_boot_to_disk(self, task: Task) -> Outcome:
        """Boot device: disk. The firmware's entry, where UEFI needs one, the container has made."""
        await task.save(task.node.with_internal(**{INSTANCE_BOOT: None}))
        await task.interfaces.boot.prepare_instance(task)
        return Done("the machine boots its own system from now on")


async def _arguments(task: Task) -> Mapping[str, Any]:
    """As upstream's agent names them; what is absent is left out."""
    info = task.node.instance_info
    secret = info.get("image_pull_secret")
    known = {
        "image_source": info["image_source"],
        "instance_info": {_KEYS: info[_KEYS]} if info.get(_KEYS) else {},
        "pull_secret": secret.reveal() if isinstance(secret, Secret) else secret,
        "configdrive": await task.config_drive(),
    }
    return {key: value for key, value in known.items() if value is not None}
