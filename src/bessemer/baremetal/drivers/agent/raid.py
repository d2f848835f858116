"""RAID interface `agent`: the ramdisk puts whole disks together by the system's own software RAID."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bessemer import clock
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import PHASES, Failed, Outcome
from bessemer.baremetal.domain.raid import check_raid_config, wanted_volumes
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.node_view import node_and_ports
from bessemer.baremetal.drivers.agent.orders import Now, Order, Orders
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.raid import APPLICATION, CREATION, RaidInterface
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid

LEVELS: Final = ("0", "1", "1+0", "5", "6")
MOST_LOGICAL_DISKS: Final = 2


class AgentRaid(RaidInterface):
    """Named "agent". Logical disks share no physical disk; the one of the system is a mirror."""

    def __init__(
        self, client: AgentClient, settings: BareMetalSettings, now: Now = clock.now
    ) -> None:
        self._orders = Orders(client, settings, now)
        self._now = now

    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid for a target that this cannot become."""
        if node.target_raid_config:
            self.validate_raid_config(node, node.target_raid_config)

    def validate_raid_config(self, node: Node, raid_config: Mapping[str, Any]) -> None:
        check_raid_config(raid_config)
        disks = raid_config["logical_disks"]
        if len(disks) > MOST_LOGICAL_DISKS:
            raise Invalid(f"raid_config: at most {MOST_LOGICAL_DISKS} logical disks are possible.")
        for number, disk in enumerate(disks):
            _check_disk(f"logical_disks/{number}", disk)
        if disks and _root(disks)["raid_level"] != "1":
            raise Invalid(
                "raid_config: the logical disk of the system (is_root_volume, else the first) must "
                "have raid_level 1: firmware boots a member of a mirror, and of nothing else."
            )

    @step("clean", "service", arguments=CREATION)
    async def create_configuration(
        self,
        task: Task,
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = False,
    ) -> Outcome:
        """The logical disks of the node's target; the disks that they are made of lose their data."""
        config = task.node.target_raid_config
        if not config:
            return Failed(
                f"Node {task.node.uuid} has no target_raid_config; set it "
                "(PUT /v1/nodes/{node}/states/raid), then clean again."
            )
        self.validate_raid_config(task.node, config)
        volumes = wanted_volumes(config, root=create_root_volume, others=create_nonroot_volumes)
        return await self._make(task, "create_configuration", volumes, delete_existing)

    @step("clean", "service")
    async def delete_configuration(self, task: Task) -> Outcome:
        """No logical disk is left; the superblocks on its disks are overwritten."""
        return await self._order(task, "delete_configuration", {})

    @step("deploy", "service", arguments=APPLICATION)
    async def apply_configuration(
        self,
        task: Task,
        raid_config: Mapping[str, Any],
        create_root_volume: bool = True,
        create_nonroot_volumes: bool = True,
        delete_existing: bool = True,
    ) -> Outcome:
        """As `create_configuration`, of what is given."""
        self.validate_raid_config(task.node, raid_config)
        volumes = wanted_volumes(
            raid_config, root=create_root_volume, others=create_nonroot_volumes
        )
        return await self._make(task, "apply_configuration", volumes, delete_existing)

    async def _make(
        self, task: Task, name: str, volumes: Mapping[str, Mapping[str, Any]], anew: bool
    ) -> Outcome:
        config = {"logical_disks": [dict(each) for each in volumes.values()]}
        return await self._order(task, name, {"raid_config": config, "delete_existing": anew})

    async def _order(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        phase = PHASES[task.work.flow]

        async def make() -> Order:
            params = {
                "step": {"interface": "raid", "step": name, "args": args},
                **node_and_ports(task.node, task.ports),
            }
            return Order(f"{phase}.execute_{phase}_step", params, destructive=True)

        async def keep(result: Mapping[str, Any]) -> None:
            made = result.get(f"{phase}_result")
            disks = made.get("logical_disks") if isinstance(made, Mapping) else None
            await self._keep(task, disks if isinstance(disks, list) else [])

        return await self._orders.carry_out(task, name, make, keep)

    async def _keep(self, task: Task, disks: Sequence[Mapping[str, Any]]) -> None:
        """Which logical disks there are, and on which of them the next system goes."""
        node = task.node
        properties = dict(node.properties)
        former = node.raid_config.get("logical_disks") or []
        if properties.get("root_device") in [each.get("root_device_hint") for each in former]:
            properties.pop("root_device", None)
        config: dict[str, Any] = {}
        if disks:
            properties["root_device"] = _root(disks)["root_device_hint"]
            moment = self._now().replace(tzinfo=None).isoformat()
            config = {"logical_disks": list(disks), "last_updated": moment}
        await task.save(replace(node, raid_config=config, properties=properties))


def _check_disk(where: str, disk: Mapping[str, Any]) -> None:
    """What software RAID by whole disks cannot do, beside what no RAID can. Raises Invalid."""
    if disk["raid_level"] not in LEVELS:
        raise Invalid(f"{where}/raid_level must be one of {', '.join(LEVELS)}.")
    if disk.get("controller", "software") != "software":
        raise Invalid(f"{where}/controller must be software, or be left out.")
    if disk.get("share_physical_disks"):
        raise Invalid(
            f"{where}/share_physical_disks: logical disks take whole disks; leave it out."
        )
    if disk["raid_level"] == "0" and disk["size_gb"] != "MAX":
        raise Invalid(f"{where}/size_gb must be MAX with raid_level 0.")


def _root(disks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((each for each in disks if each.get("is_root_volume")), disks[0])
