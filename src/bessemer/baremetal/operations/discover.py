"""Discover: a machine that nobody enrolled reports itself, and becomes a node in state `enroll`.

Whoever reaches the ramdisk listener can claim to be such a machine. So it can add nodes only, never
touch one that is there: a NIC or a BMC that a node has is refused, and the number of nodes that wait
for an operator is bounded.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.inspection_rules.actions import Case
from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.store import blobs, inspection_rules, leases
from bessemer.baremetal.store import ports as port_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.errors import BessemerError, ConfigurationError, Invalid

log = structlog.get_logger()

INSPECTED_BY: Final = "agent"
"""The inspect interface that reads what ramdisks report."""

_NO_BMC: Final = frozenset({"", "0.0.0.0", "::", "::/0"})
"""What a ramdisk says of a machine whose BMC it cannot ask."""


def check_discovery(desk: Desk) -> None:
    """Raises ConfigurationError where auto-discovery is on, and its driver cannot do it."""
    if desk.settings.auto_discovery.enabled:
        try:
            _new_node(desk)
        except Invalid as error:
            raise ConfigurationError(f"baremetal.auto_discovery.driver: {error.message}") from error


async def discover(desk: Desk, report: Mapping[str, Any], macs: Sequence[str]) -> Node | None:
    """The new node; None for what is not enrolled, for whatever reason: the log tells it.

    Raises Invalid for a report that cannot be true.
    """
    async with desk.reading() as connection:
        refusal = await _refusal(desk, connection, report, macs)
        rules = await inspection_rules.of_phase(connection, "main")
    if refusal is not None:
        log.warning("auto_discovery.refused", macs=macs, reason=refusal)
        return None
    node = _new_node(desk)
    case = await desk.registry.interfaces_of(node).inspect.discovered(node, report, rules)
    try:
        added = await _enrol(desk, case)
    except BessemerError as error:
        log.warning("auto_discovery.refused", macs=macs, reason=error.message)
        return None
    log.info("auto_discovery.enrolled", node=added.uuid, macs=macs)
    await desk.tell(added.uuid)
    return added


async def _refusal(
    desk: Desk, connection: AsyncConnection, report: Mapping[str, Any], macs: Sequence[str]
) -> str | None:
    settings = desk.settings.auto_discovery
    if not macs:
        return "the report lists no NIC with a MAC"
    if await port_store.any_has(connection, macs):
        return "a node has one of its NICs"
    waiting = await desk.shelves.nodes.count(connection, settings.driver, State.ENROLL)
    if waiting >= settings.most_waiting:
        return (
            f"{waiting} nodes of driver {settings.driver} are in state enroll already "
            "(baremetal.auto_discovery.most_waiting): manage or delete some of them"
        )
    bmc = _bmc_addresses(report)
    if bmc and await desk.shelves.nodes.knows_bmc(connection, bmc):
        return f"a node has its BMC {', '.join(sorted(bmc))}: create ports for its NICs there"
    return None


def _bmc_addresses(report: Mapping[str, Any]) -> frozenset[str]:
    told = (report["inventory"].get(key) for key in ("bmc_address", "bmc_v6address"))
    return frozenset(each.lower() for each in told if isinstance(each, str)) - _NO_BMC


def _new_node(desk: Desk) -> Node:
    settings = desk.settings.auto_discovery
    scope = settings.inspection_scope
    return Node(
        uuid=str(uuid.uuid4()),
        driver=settings.driver,
        conductor_group=desk.settings.conductor_group,
        resource_class=desk.settings.default_resource_class,
        interfaces=desk.registry.compose(settings.driver, {InterfaceKind.INSPECT: INSPECTED_BY}),
        properties={"inspection_scope": scope} if scope else {},
    )


async def _enrol(desk: Desk, case: Case) -> Node:
    """All or nothing. Raises Conflict for a NIC or a name that somebody has got meanwhile."""
    content = json.dumps({"inventory": case.inventory, "plugin_data": case.plugin_data})
    async with desk.shelves.database.write() as connection:
        added = await desk.shelves.nodes.add(connection, case.node)
        await leases.prepare(connection, added.uuid)
        for port in case.ports:
            await port_store.save(connection, port)
        await blobs.put(connection, added.uuid, Blob.INVENTORY, content)
    return added
