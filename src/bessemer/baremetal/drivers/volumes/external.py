"""Storage interface `external`: somebody else gives the node its volumes; here it only finds them."""

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.domain.san import san_boot
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.drivers.volumes.remote import RemoteStorage
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid


class ExternalStorage(RemoteStorage):
    """Named "external". A target's properties say where it is, since nobody can be asked."""

    def validate_volumes(self, node: Node, volumes: Volumes) -> None:
        """Raises Invalid: also for properties from which the node could not boot."""
        super().validate_volumes(node, volumes)
        if not self.should_write_image(node, volumes):
            san_boot(volumes)

    @step()
    async def attach_volumes(self, task: Task) -> Outcome:
        """Note from where the node boots."""
        try:
            await self.remember_boot(task, await task.volumes())
        except Invalid as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        return Done("the volumes are attached by whoever manages them")

    @step()
    async def detach_volumes(self, task: Task) -> Outcome:
        """They stay what they are."""
        return Done("the volumes are detached by whoever manages them")
