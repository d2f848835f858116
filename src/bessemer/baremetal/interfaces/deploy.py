"""Deploy: puts the instance's image on the node's disk, cleans it, with the agent's help."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task


class DeployInterface(Plugin):
    """Steps marked `deploy` with a priority above 0 run in every deployment, the highest first."""

    kind: ClassVar = InterfaceKind.DEPLOY

    @step()
    @abstractmethod
    async def prepare_image(self, task: Task) -> Outcome:
        """Find the image and put what the agent needs into instance_info (`image_url` …)."""

    @step()
    @abstractmethod
    async def wait_for_ramdisk(self, task: Task) -> Outcome:
        """Wait for the first heartbeat of the agent that was booted for this work."""

    @step()
    @abstractmethod
    async def collect_clean_steps(self, task: Task) -> Outcome:
        """Ask the agent for its clean steps; Done with those of priority above 0 as `then`."""

    @abstractmethod
    async def run_in_band_step(self, task: Task, name: str, args: Mapping[str, Any]) -> Outcome:
        """Have the agent run one of its own steps."""

    @step()
    async def release_instance(self, task: Task) -> Outcome:
        """Forget everything of the instance (Ironic's tear down, without its network ports)."""
        internal = task.node.driver_internal_info
        kept = {key: value for key, value in internal.items() if not key.startswith("agent_")}
        bare = replace(task.node, instance_uuid=None, instance_info={}, driver_internal_info=kept)
        await task.save(bare)
        return Done("the instance is forgotten")
