"""Deploy interface `direct`: the agent pulls the instance's image and writes it to the disk."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bessemer import clock
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.deploy import AgentDeploy
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.orders import Now, Order
from bessemer.baremetal.drivers.agent.trouble import AgentRefused
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.drivers.direct.image_source import ImageSource, image_info, image_source
from bessemer.baremetal.drivers.ramdisk.image import in_memory
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import BessemerError, Conflict, Invalid, NotFound
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkError, NetworkService

NO_IMAGE: Final = (Invalid, NotFound, Conflict, NetworkError)


class DirectDeploy(AgentDeploy):
    """The agent pulls the image from a URL and writes it (Ironic's deploy interface `direct`)."""

    def __init__(
        self,
        images: ImageService,
        network: NetworkService,
        settings: BareMetalSettings,
        client: AgentClient,
        now: Now = clock.now,
    ) -> None:
        super().__init__(settings, client, now)
        self._source = ImageSource(images, network, settings)

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid unless instance_info names an image that could be written."""
        image_source(node.instance_info)

    def supports_deploy(self, node: Node) -> bool:
        """Whether an image is named, and nothing that would say not to write it."""
        info = node.instance_info
        return bool(info.get("image_source")) and not in_memory(info)

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """Check the image before anything is switched on, and fill instance_info."""
        try:
            await self._resolve(task)
        except NO_IMAGE as error:
            return self._no_image(task, error)
        return Done(f"the image is {task.node.instance_info['image_source']}")

    @step("deploy", priority=80)
    async def write_image(self, task: Task) -> Outcome:
        """Have the agent write image and config drive. The order is given once, then followed."""

        async def make() -> Order:
            # The URL made before power-on may have run out while the machine booted.
            await self._resolve(task)
            return await self._write_order(task)

        try:
            return await self._orders.carry_out(task, "write_image", make)
        except NO_IMAGE as error:
            return self._no_image(task, error)

    async def _resolve(self, task: Task) -> None:
        info = await self._source.resolve(task)
        await task.save(replace(task.node, instance_info=info))

    def _no_image(self, task: Task, error: BessemerError) -> Failed:
        return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")

    async def _write_order(self, task: Task) -> Order:
        """`deploy.execute_deploy_step`, or `standby.prepare_image` for ramdisks before that."""
        view = node_and_ports(task.node, task.ports)
        what: dict[str, Any] = {"image_info": image_info(task.node)}
        drive = await task.config_drive()
        if drive is not None:
            what["configdrive"] = drive
        try:
            offer = await self._orders.ask(task, "deploy.get_deploy_steps", view)
        except AgentRefused as refusal:
            if refusal.status != 404:
                raise
            offer = {}
        if not _offers(offer, "write_image"):
            return Order("standby.prepare_image", what, destructive=True)
        call = {"interface": "deploy", "step": "write_image", "args": what}
        version = offer.get("hardware_manager_version")
        params = {"step": call, **view, **({"deploy_version": version} if version else {})}
        return Order("deploy.execute_deploy_step", params, destructive=True)


def _offers(offer: Mapping[str, Any], name: str) -> bool:
    """Whether the answer to get_deploy_steps, `{deploy_steps: {manager: [step]}}`, has this step."""
    managers = offer.get("deploy_steps")
    if not isinstance(managers, Mapping):
        return False
    lists = (steps for steps in managers.values() if isinstance(steps, list))
    return any(isinstance(each, Mapping) and each.get("step") == name for s in lists for each in s)
