"""Rescue: a ramdisk to log in to, beside an instance that does not start any more."""

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar, Final

from bessemer.baremetal.domain.node import InterfaceKind
from bessemer.baremetal.domain.provision.work import Done, Outcome
from bessemer.baremetal.interfaces.plugin import Plugin, step
from bessemer.baremetal.interfaces.task import Task

PASSWORD_KEYS: Final = ("rescue_password", "hashed_rescue_password")
"""Of instance_info: the password as it was given, and as the ramdisk gets it."""


class RescueInterface(Plugin):
    """The password is in `node.instance_info["rescue_password"]`; the instance's disk is not touched."""

    kind: ClassVar = InterfaceKind.RESCUE

    @step()
    @abstractmethod
    async def rescue(self, task: Task) -> Outcome:
        """Have the ramdisk that was booted for it (the flow's job) take the password and be the rescue."""

    @step()
    @abstractmethod
    async def unrescue(self, task: Task) -> Outcome:
        """End the rescue on a machine that is off; its own system is booted by the flow."""

    @step()
    async def forget(self, task: Task) -> Outcome:
        """After a rescue, however it ended: its password does not stay on the node."""
        await self.clean_up(task)
        kept = {key: v for key, v in task.node.instance_info.items() if key not in PASSWORD_KEYS}
        if kept != task.node.instance_info:
            await task.save(replace(task.node, instance_info=kept))
        return Done("the rescue's password is forgotten")

    @abstractmethod
    async def clean_up(self, task: Task) -> None:
        """Forget the password and whatever else was for the rescue only; idempotent."""
