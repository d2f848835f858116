"""Storage interface `cinder`: the volume service gives the node its volumes, and takes them back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.provision.work import Done, Failed, Outcome
from bessemer.baremetal.domain.secret import with_secrets
from bessemer.baremetal.domain.volume import ConnectorType, Volumes, VolumeTarget
from bessemer.baremetal.drivers.agent.words import next_command
from bessemer.baremetal.drivers.volumes.attachments import Attachments
from bessemer.baremetal.drivers.volumes.cinder_session import CinderRefused, CinderSession
from bessemer.baremetal.drivers.volumes.remote import RemoteStorage
from bessemer.baremetal.interfaces.plugin import step
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid

INSTANCE: Final = "volumes_attached_to"
"""In driver_internal_info: the instance's id under which Cinder knows the node's attachments."""


class CinderStorage(RemoteStorage):
    """Named "cinder". A target's `volume_id` is the volume; its properties are Cinder's, while attached."""

    def __init__(self, session: CinderSession | None) -> None:
        """None: no Cinder is configured, and nothing can be attached."""
        self._attachments = Attachments(session) if session else None

    def validate_volumes(self, node: Node, volumes: Volumes) -> None:
        """Raises Invalid: also when no Cinder is configured."""
        super().validate_volumes(node, volumes)
        if volumes.targets:
            self._cinder(node)

    @step()
    async def attach_volumes(self, task: Task) -> Outcome:
        """Reserve each volume, have it exported to the node, and note where it is."""
        volumes = await task.volumes()
        try:
            if volumes.targets:
                await self._attach(task, volumes)
            await self.remember_boot(task, await task.volumes())
        except (CinderRefused, Invalid) as error:
            return Failed(f"{error} Then: {next_command(task.work.flow, task.node)}.")
        return Done(f"{len(volumes.targets)} volumes are attached")

    @step()
    async def detach_volumes(self, task: Task) -> Outcome:
        """All of them, even if one of them cannot be."""
        instance_id = task.node.driver_internal_info.get(INSTANCE)
        if instance_id is None:
            return Done("no volume is attached")
        refusals = []
        for target in (await task.volumes()).targets:
            try:
                await self._detach(task, target, instance_id)
            except CinderRefused as refusal:
                refusals.append(str(refusal))
        if refusals:
            return Failed(" ".join(refusals))
        await task.save(task.node.with_internal(**{INSTANCE: None}))
        return Done("the volumes are detached")

    async def _attach(self, task: Task, volumes: Volumes) -> None:
        cinder, connector = self._cinder(task.node), _connector(task.node, volumes)
        instance_id = task.node.instance_uuid or task.node.uuid
        await task.save(task.node.with_internal(**{INSTANCE: instance_id}))
        for target in volumes.targets:
            made = await cinder.attach(target.volume_id, instance_id, connector)
            properties = with_secrets(made.connection)
            await task.save_volume_target(replace(target, properties=properties))
            await cinder.complete(made)

    async def _detach(self, task: Task, target: VolumeTarget, instance_id: str) -> None:
        cinder = self._cinder(task.node)
        for attachment_id in await cinder.of_instance(target.volume_id, instance_id):
            await cinder.detach(attachment_id)
        await task.save_volume_target(replace(target, properties={}))

    def _cinder(self, node: Node) -> Attachments:
        if self._attachments is None:
            raise Invalid(
                f"Node {node.uuid} has volumes of storage interface cinder, and no Cinder is "
                "configured: set baremetal.cinder, or give the node storage interface external."
            )
        return self._attachments


def _connector(node: Node, volumes: Volumes) -> Mapping[str, Any]:
    """By what the storage is to know the node (os-brick's names)."""
    single = {"initiator": ConnectorType.IQN, "ip": ConnectorType.IP}
    several = {"wwpns": ConnectorType.WWPN, "wwnns": ConnectorType.WWNN}
    names: dict[str, Any] = {
        key: volumes.names(kind)[0] for key, kind in single.items() if volumes.names(kind)
    }
    lists = {key: list(volumes.names(kind)) for key, kind in several.items() if volumes.names(kind)}
    return {**names, **lists, "host": node.uuid, "multipath": True}
