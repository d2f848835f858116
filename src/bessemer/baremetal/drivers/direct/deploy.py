"""Deploy interface `direct`: from a booted ramdisk to a machine running its own system."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bessemer import clock
from bessemer.baremetal.domain.node import Node, Power, PowerTarget
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.ranking import OfferedStep
from bessemer.baremetal.domain.provision.work import (
    PHASES,
    Done,
    Failed,
    Outcome,
    Signal,
    WaitFor,
)
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.offered_steps import offered_steps
from bessemer.baremetal.drivers.agent.orders import Now, Order, Orders, callback_timeout
from bessemer.baremetal.drivers.agent.trouble import AGENT_TROUBLE, AgentRefused, AgentUnreachable
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.drivers.direct.image_source import ImageSource, image_info, image_source
from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.deploy import DeployInterface
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.power import LOOK_AGAIN
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import BessemerError, Conflict, Invalid, NotFound
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkError, NetworkService

_NO_IMAGE: Final = (Invalid, NotFound, Conflict, NetworkError)


class DirectDeploy(DeployInterface):
    """The agent pulls the image from a URL and writes it (Ironic's deploy interface `direct`)."""

    def __init__(
        self,
        images: ImageService,
        network: NetworkService,
        settings: BareMetalSettings,
        client: AgentClient,
        now: Now = clock.now,
    ) -> None:
        self._source = ImageSource(images, network, settings)
        self._settings = settings
        self._client = client
        self._orders = Orders(client, settings, now)
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid unless instance_info names an image that could be written."""
        image_source(node.instance_info)

    @step()
    async def prepare_image(self, task: Task) -> Outcome:
        """Check the image before anything is switched on, and fill instance_info."""
        try:
            await self._resolve(task)
        except _NO_IMAGE as error:
            return self._no_image(task, error)
        return Done(f"the image is {task.node.instance_info['image_source']}")

    @step()
    async def wait_for_ramdisk(self, task: Task) -> Outcome:
        """`boot.prepare_ramdisk` forgot the last agent, so any agent_url is of this boot."""
        if task.node.driver_internal_info.get("agent_url"):
            return Done("the ramdisk has called back")
        return WaitFor(
            Signal.AGENT,
            callback_timeout(self._settings, task.work.flow),
            "the ramdisk has not called back since power-on; look at the machine's console for "
            f"where it stopped, then {next_command(task.work.flow, task.node)}",
        )

    @step("deploy", priority=80)
    async def write_image(self, task: Task) -> Outcome:
        """Have the agent write image and config drive. The order is given once, then followed."""

        async def make() -> Order:
            # The URL made before power-on may have run out while the machine booted.
            await self._resolve(task)
            return await self._write_order(task)

        try:
            return await self._orders.carry_out(task, "write_image", make)
        except _NO_IMAGE as error:
            return self._no_image(task, error)

    @step("deploy", priority=60)
    async def prepare_instance_boot(self, task: Task) -> Outcome:
        """Firmware entry for the new system where UEFI needs one, then boot device: disk."""
        boot_mode = task.node.wanted_boot_mode or self._settings.default_boot_mode
        if boot_mode == "uefi":

            async def make() -> Order:
                return await self._bootloader_order(task, boot_mode)

            outcome = await self._orders.carry_out(task, "install_bootloader", make)
            if not isinstance(outcome, Done):
                return outcome
        await task.interfaces.boot.prepare_instance(task)
        return Done("the machine boots its own system from now on")

    @step("deploy", priority=40)
    async def tear_down_agent(self, task: Task) -> Outcome:
        """The agent flushes its disks and powers off; the BMC does it when that takes too long."""
        power = task.interfaces.power
        if task.node.disable_power_off:
            return await self._lock_down(task)
        if await power.get_power_state(task.node) is Power.OFF:
            await task.save(without_agent(task.node))
            return Done("the machine is off")
        asked_at = await self._ask_to_power_off(task)
        waited = self._now() - datetime.fromisoformat(asked_at)
        if waited < self._settings.soft_power_off_timeout:
            return self._until_off(task, "the agent was asked to power the machine off")
        if not task.work.memo.get("forced"):
            await power.switch(task.node, PowerTarget.OFF)
            await task.note(forced=True)
        return self._until_off(
            task, "the agent did not power the machine off in time; the BMC was told to"
        )

    @step("deploy", priority=30)
    async def switch_to_tenant_network(self, task: Task) -> Outcome:
        """Off the provisioning network first, only then onto the tenant's."""
        network = task.interfaces.network
        outcome = await network.remove_network(task, Purpose.PROVISIONING)
        if not isinstance(outcome, Done):
            return outcome
        return await network.configure_tenant_networks(task)

    @step("deploy", priority=20)
    async def boot_instance(self, task: Task) -> Outcome:
        """Power on, into the instance."""
        return await task.interfaces.power.power_on(task)

    async def in_band_steps(self, task: Task, phase: str) -> Sequence[OfferedStep] | Outcome:
        """As the agent lists them; its version is kept, to notice another life of the agent."""
        command = f"{phase}.get_{phase}_steps"
        try:
            answer = await self._orders.ask(task, command, node_and_ports(task.node, task.ports))
        except AGENT_TROUBLE as trouble:
            return await self._orders.outcome_of(task, f"get_{phase}_steps", trouble)
        try:
            steps = offered_steps(phase, answer.get(f"{phase}_steps"))
        except Invalid as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        version = answer.get("hardware_manager_version")
        await task.save(task.node.with_internal(hardware_manager_version=version))
        return steps

    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        """Have the agent run one of its own clean, deploy or service steps."""
        phase = PHASES[task.work.flow]
        call = task.work.step
        interface = call.interface if call is not None and call.name == name else "deploy"

        async def make() -> Order:
            known = task.node.driver_internal_info.get("hardware_manager_version")
            params = {
                "step": {"interface": interface, "step": name, "args": dict(args)},
                **node_and_ports(task.node, task.ports),
                **({f"{phase}_version": known} if known else {}),
            }
            return Order(f"{phase}.execute_{phase}_step", params, destructive=True)

        return await self._orders.carry_out(task, name, make)

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

    async def _bootloader_order(self, task: Task, boot_mode: str) -> Order:
        uuids = await self._orders.ask(task, "standby.get_partition_uuids", {})
        params = {
            "root_uuid": uuids.get("root uuid"),
            "efi_system_part_uuid": uuids.get("efi system partition uuid"),
            "prep_boot_part_uuid": uuids.get("PReP Boot partition uuid"),
            "target_boot_mode": boot_mode,
        }
        return Order("image.install_bootloader", params)

    async def _lock_down(self, task: Task) -> Outcome:
        """A machine that may not go off: its agent takes the NICs down and is never heard again."""
        with suppress(AgentUnreachable, AgentRefused):
            await self._client.start(task.node, "system.lockdown", {})
        await task.save(without_agent(task.node))
        return await task.interfaces.power.power_off(task)

    async def _ask_to_power_off(self, task: Task) -> str:
        """When the agent was first asked; it is asked again until it takes the order on.

        Best effort: whatever the agent answers, the BMC has the last word.
        """
        memo = task.work.memo
        asked_at: str = memo.get("power_off_asked_at") or self._now().isoformat()
        if not memo.get("power_off_taken_on"):
            taken_on = False
            with suppress(AgentUnreachable, AgentRefused):
                await self._client.start(task.node, "standby.power_off", {})
                taken_on = True
            await task.note(power_off_asked_at=asked_at, power_off_taken_on=taken_on)
        return asked_at

    def _until_off(self, task: Task, reason: str) -> WaitFor:
        timeout = self._settings.soft_power_off_timeout + task.interfaces.power.change_timeout
        words = f"{reason}, and the BMC still reports it as on"
        return WaitFor(Signal.TIMER, timeout, words, look_again=LOOK_AGAIN)


def without_agent(node: Node) -> Node:
    """The node with its agent forgotten: address, token, certificate, last heartbeat."""
    internal = node.driver_internal_info
    kept = {key: value for key, value in internal.items() if not key.startswith("agent_")}
    return replace(node, driver_internal_info=kept)


def _offers(offer: Mapping[str, Any], name: str) -> bool:
    """Whether the answer to get_deploy_steps, `{deploy_steps: {manager: [step]}}`, has this step."""
    managers = offer.get("deploy_steps")
    if not isinstance(managers, Mapping):
        return False
    lists = (steps for steps in managers.values() if isinstance(steps, list))
    return any(isinstance(each, Mapping) and each.get("step") == name for s in lists for each in s)
