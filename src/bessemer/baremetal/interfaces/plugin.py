"""What all hardware plug-ins share: validation, and steps found by their decorator."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, TypeVar

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.work import Outcome
from bessemer.baremetal.interfaces.task import Task
from bessemer.errors import Invalid

StepMethod = Callable[..., Awaitable[Outcome]]
_Method = TypeVar("_Method", bound=StepMethod)


class Unsupported(Invalid):
    """The node's driver cannot do this at all; another interface or driver may."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a step, as it is shown to users (`argsinfo`)."""

    name: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What the decorator says of a step. `phases` may hold `deploy`, `clean`, `service`, `verify`.

    Priority 0: only when asked for explicitly.
    """

    name: str
    phases: frozenset[str]
    priority: int
    abortable: bool
    arguments: tuple[Argument, ...] = ()
    requires_ramdisk: bool = True
    """Cleaning or servicing by hand with this step boots the ramdisk first."""
    timeout: timedelta | None = None
    """How long one run may take, where that is longer than `baremetal.step_timeout` would have it."""


def step(
    *phases: str,
    priority: int = 0,
    abortable: bool = True,
    arguments: tuple[Argument, ...] = (),
    requires_ramdisk: bool = True,
    timeout: timedelta | None = None,
) -> Callable[[_Method], _Method]:
    """Mark an async method `(self, task, **args) -> Outcome` as a step. It must be idempotent."""

    def mark(method: _Method) -> _Method:
        facts = StepFacts(
            method.__name__,
            frozenset(phases),
            priority,
            abortable,
            arguments,
            requires_ramdisk,
            timeout,
        )
        method.__step__ = facts  # type: ignore[attr-defined]
        return method

    return mark


class Plugin(ABC):
    """One implementation of one kind of interface, serving every node that names it."""

    kind: ClassVar[InterfaceKind]

    @abstractmethod
    def validate(self, node: Node, ports: tuple[Port, ...]) -> None:
        """Raises Invalid, naming the missing or wrong field, when the node lacks what it needs."""

    def properties(self) -> Mapping[str, str]:
        """The fields of driver_info and instance_info that this plug-in reads, and what they mean."""
        return {}

    def steps(self) -> Mapping[str, StepFacts]:
        """Every step of this plug-in, by name."""
        return _steps_of(type(self))

    async def run_step(self, name: str, task: Task, args: Mapping[str, Any]) -> Outcome:
        """Run one of `steps()`."""
        method: StepMethod = getattr(self, name)
        return await method(task, **args)

    def unsupported(self, node: Node, what: str) -> Unsupported:
        """The error for something that this plug-in cannot do."""
        name = node.interfaces.get(self.kind)
        named = f"{self.kind} interface {name!r}" if name else f"{self.kind} interface"
        return Unsupported(
            f"The {named} of driver {node.driver} does not support {what} (node {node.uuid})."
        )


@cache
def _steps_of(plugin: type[Plugin]) -> Mapping[str, StepFacts]:
    members = (getattr(plugin, name, None) for name in dir(plugin))
    found = (getattr(member, "__step__", None) for member in members)
    return {facts.name: facts for facts in found if isinstance(facts, StepFacts)}
