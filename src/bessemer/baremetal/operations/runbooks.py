"""Runbooks: what can be done with them, and with the traits of the nodes that they are for."""

from collections.abc import Callable, Collection
from dataclasses import replace

from bessemer.baremetal.domain.runbook import Runbook, check_orders
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.records import Keeping
from bessemer.baremetal.store.runbooks import RUNBOOKS
from bessemer.errors import Invalid

MAX_TRAITS = 50


def runbooks(desk: Desk) -> Keeping[Runbook]:
    """All of them."""
    return Keeping(desk, RUNBOOKS, _check)


async def set_traits(desk: Desk, ident: str, traits: Collection[str]) -> Runbook:
    """Replace them all. Raises NotFound, Invalid for more than MAX_TRAITS."""
    return await _change_traits(desk, ident, lambda _former: frozenset(traits))


async def add_trait(desk: Desk, ident: str, trait: str) -> Runbook:
    """Add one; idempotent. Raises NotFound, Invalid."""
    return await _change_traits(desk, ident, lambda former: former | {trait})


async def remove_trait(desk: Desk, ident: str, trait: str) -> Runbook:
    """Remove one, if it is there. Raises NotFound for an unknown runbook."""
    return await _change_traits(desk, ident, lambda former: former - {trait})


async def _change_traits(
    desk: Desk, ident: str, alter: Callable[[frozenset[str]], frozenset[str]]
) -> Runbook:
    def changed(runbook: Runbook) -> Runbook:
        return replace(runbook, traits=alter(runbook.traits))

    return await runbooks(desk).change(ident, changed)


def _check(runbook: Runbook) -> None:
    check_orders(runbook.steps)
    if len(runbook.traits) > MAX_TRAITS:
        raise Invalid(f"A runbook has at most {MAX_TRAITS} traits.")
    if runbook.public and runbook.owner is not None:
        raise Invalid(
            "owner: a public runbook belongs to nobody; make it private first, or leave owner out."
        )
