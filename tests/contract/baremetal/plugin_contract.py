"""What every plug-in of whatever kind must do."""

import inspect
from contextlib import suppress

from tests.baremetal_task import a_node

from bessemer.baremetal.domain.provision.work import PHASES
from bessemer.baremetal.interfaces.plugin import Plugin, StepFacts
from bessemer.errors import BessemerError

_NOT_ARGUMENTS = {"self", "task"}


def check_plugin(plugin: Plugin) -> None:
    """All of it, for one plug-in."""
    _check_properties(plugin)
    _check_validation(plugin)
    for name, facts in plugin.steps().items():
        _check_step(plugin, name, facts)


def _check_properties(plugin: Plugin) -> None:
    for name, words in plugin.properties().items():
        assert name.isidentifier(), name
        assert words.endswith("."), words


def _check_validation(plugin: Plugin) -> None:
    """A bare node passes, or is refused by one of the errors that are for people."""
    with suppress(BessemerError):
        plugin.validate(a_node(), ())


def _check_step(plugin: Plugin, name: str, facts: StepFacts) -> None:
    """It is a method of its own name; what users may ask for says which arguments it takes."""
    method = getattr(plugin, name)
    assert inspect.iscoroutinefunction(method), name
    taken = {
        each.name: each.default is inspect.Parameter.empty
        for each in inspect.signature(method).parameters.values()
        if each.name not in _NOT_ARGUMENTS
    }
    if facts.arguments:
        assert {each.name: each.required for each in facts.arguments} == taken, name
        assert all(each.description.endswith(".") for each in facts.arguments)
    assert facts.phases <= {*PHASES.values(), "verify"}, (name, facts.phases)
