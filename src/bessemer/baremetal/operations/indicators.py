"""A machine's lights by request: which there are, what they do, and switching them."""

from bessemer.baremetal.domain.management import (
    Indicator,
    IndicatorComponent,
    Indicators,
    IndicatorState,
)
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.operations.at_conductor import at_conductor
from bessemer.baremetal.operations.at_hardware import at_hardware
from bessemer.baremetal.operations.desk import Desk
from bessemer.errors import Invalid, NotFound

Name = tuple[IndicatorComponent, str]
"""What it belongs to, and its id there."""


@at_conductor()
async def list_indicators(desk: Desk, ident: str) -> tuple[str, Indicators]:
    """With the node's uuid.

    Raises Unsupported, NodeLocked, NotFound, Transient, HardwareFailure; so do the others.
    """
    async with at_hardware(desk, ident, "listing indicators") as (node, plugins):
        return node.uuid, await plugins.management.get_supported_indicators(node)


@at_conductor()
async def read(desk: Desk, ident: str, name: Name) -> IndicatorState:
    """What the light does."""
    async with at_hardware(desk, ident, "reading an indicator") as (node, plugins):
        _find(node, await plugins.management.get_supported_indicators(node), name)
        return await plugins.management.get_indicator_state(node, *name)


@at_conductor()
async def switch(desk: Desk, ident: str, name: Name, state: IndicatorState) -> None:
    """Raises Invalid for a light that cannot do that."""
    async with at_hardware(desk, ident, "switching an indicator") as (node, plugins):
        light = _find(node, await plugins.management.get_supported_indicators(node), name)
        if light.readonly or state not in light.states:
            possible = "none, it can only be read" if light.readonly else ", ".join(light.states)
            raise Invalid(
                f"Indicator {name[1]}@{name[0]} of node {node.uuid} cannot be switched to {state}; "
                f"possible: {possible}."
            )
        await plugins.management.set_indicator_state(node, *name, state)


def _find(node: Node, indicators: Indicators, name: Name) -> Indicator:
    component, ident = name
    found = indicators.get(component, {}).get(ident)
    if found is None:
        raise NotFound(f"Node {node.uuid} has no indicator {ident[:80]}@{component}.")
    return found
