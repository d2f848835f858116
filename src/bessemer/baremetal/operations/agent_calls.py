"""What the ramdisk calls: lookup, heartbeat, continue_inspection. All of it is untrusted input."""

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import normalise_mac
from bessemer.baremetal.domain.provision.states import HEARTBEAT_ALLOWED, LOOKUP_ALLOWED, State
from bessemer.baremetal.domain.provision.work import Signal
from bessemer.baremetal.domain.secret import MASK, Secret
from bessemer.baremetal.interfaces.boot import INSTALLER
from bessemer.baremetal.interfaces.fast_track import BETWEEN_FLOWS, on_fast_track
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.discover import discover
from bessemer.baremetal.store import blobs
from bessemer.baremetal.store import work as work_store
from bessemer.baremetal.store.blobs import Blob
from bessemer.clock import now
from bessemer.errors import Invalid, NotFound

TOKEN_BYTES = 32
MAX_ADDRESSES = 256


@dataclass(frozen=True, slots=True)
class Found:
    """A node as its ramdisk may see it. `token` is the agent token once, then asterisks."""

    node: Node
    token: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One sign of life. Without a `callback_url`: of an installer, which takes no orders."""

    callback_url: str
    agent_token: str | None
    agent_version: str | None = None
    agent_verify_ca: str | None = None
    agent_status: str | None = None
    agent_status_message: str | None = None


async def look_up(desk: Desk, addresses: Sequence[str], node_uuid: str | None) -> Found:
    """Which node has these NICs. Hands out the agent token once per boot, to none but who is awaited.

    Raises NotFound, with the same words whatever the reason, for a stranger.
    """
    macs = _usable_macs(addresses)
    async with desk.shelves.database.write() as connection:
        node = await _find(desk, connection, macs, node_uuid)
        awaited = node is not None and _is_awaited(desk, node, LOOKUP_ALLOWED)
        if node is None or (desk.settings.api.restrict_lookup and not awaited):
            raise NotFound("The requested node was not found.")
        return await _with_token(desk, connection, node) if awaited else Found(node, MASK)


async def heartbeat(desk: Desk, ident: str, beat: Heartbeat) -> None:
    """Take a sign of life, and wake the step that waits for it.

    Raises NotFound, Invalid for a wrong token, a plain-HTTP callback or a changed callback URL.
    """
    async with desk.shelves.database.write() as connection:
        node = await desk.shelves.nodes.get(connection, ident)
        _check_beat(desk, node, beat)
        agent = {
            "agent_url": beat.callback_url,
            "agent_version": beat.agent_version,
            "agent_verify_ca": beat.agent_verify_ca,
        }
        changed = node.with_internal(
            **(agent if beat.callback_url else {}),
            agent_last_heartbeat=now().isoformat(),
            agent_status=beat.agent_status,
            agent_status_message=beat.agent_status_message,
        )
        await desk.shelves.nodes.update(connection, node, changed)
        wanted = await work_store.signal(connection, node.uuid, Signal.AGENT)
    if wanted:
        await desk.nudge(node)


async def continue_inspection(
    desk: Desk, data: Mapping[str, Any], node_uuid: str | None, *, hand_out_token: bool = False
) -> Found:
    """Take what the inspection ramdisk found; a stranger is enrolled where that is wanted.

    `hand_out_token`: the answer saves the ramdisk its lookup; a stranger gets none, since nothing is
    to be done on its machine yet. Raises NotFound for a stranger who is not enrolled.
    """
    macs = _usable_macs(_addresses_in(data))
    if node_uuid is None and desk.settings.auto_discovery.enabled:
        enrolled = await discover(desk, data, macs)
        if enrolled is not None:
            return Found(enrolled, MASK)
    async with desk.shelves.database.write() as connection:
        node = await _find(desk, connection, macs, node_uuid)
        waiting = {State.INSPECT_WAIT, State.INSPECTING}
        if node is None or node.provision_state not in waiting:
            raise NotFound("The requested node was not found.")
        await blobs.put(connection, node.uuid, Blob.INSPECTION, json.dumps(dict(data)))
        await work_store.signal(connection, node.uuid, Signal.INSPECTION)
        found = Found(node, MASK)
        if hand_out_token:
            found = await _with_token(desk, connection, node)
    await desk.nudge(node)
    return found


async def _with_token(desk: Desk, connection: AsyncConnection, node: Node) -> Found:
    if "agent_secret_token" in node.driver_internal_info:
        return Found(node, MASK)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    told = node.with_internal(agent_secret_token=Secret(token))
    return Found(await desk.shelves.nodes.update(connection, node, told), token)


def _addresses_in(data: Mapping[str, Any]) -> list[str]:
    inventory = data.get("inventory")
    if not isinstance(inventory, Mapping):
        raise Invalid("The inspection data holds no inventory.")
    interfaces = inventory.get("interfaces")
    nics = interfaces if isinstance(interfaces, list) else []
    addresses = (nic.get("mac_address") for nic in nics if isinstance(nic, Mapping))
    return [address for address in addresses if isinstance(address, str)]


async def _find(
    desk: Desk, connection: AsyncConnection, macs: Sequence[str], node_uuid: str | None
) -> Node | None:
    by_mac = await desk.shelves.nodes.find_by_macs(connection, macs) if macs else None
    if node_uuid is None or by_mac is None:
        return by_mac
    return by_mac if by_mac.uuid == node_uuid else None


def _usable_macs(addresses: Sequence[str]) -> list[str]:
    macs = []
    for address in addresses[:MAX_ADDRESSES]:
        try:
            macs.append(normalise_mac(address))
        except Invalid:
            continue
    return macs


def _is_awaited(desk: Desk, node: Node, states: frozenset[State]) -> bool:
    """In one of these states, or between flows with a ramdisk that is left running."""
    if node.provision_state in states:
        return True
    if node.provision_state not in BETWEEN_FLOWS:
        return False
    interfaces = desk.registry.interfaces_of(node)
    return on_fast_track(node, interfaces, usual=desk.settings.fast_track)


def _check_beat(desk: Desk, node: Node, beat: Heartbeat) -> None:
    if not _is_awaited(desk, node, HEARTBEAT_ALLOWED):
        raise Invalid(f"Node {node.uuid} is in state {node.provision_state} and awaits no agent.")
    known = node.driver_internal_info.get("agent_secret_token")
    if not isinstance(known, Secret) or not beat.agent_token:
        raise Invalid("Agent token is required for heartbeats.")
    if not hmac.compare_digest(known.reveal().encode(), beat.agent_token.encode()):
        raise Invalid("Invalid or missing agent token received.")
    if not beat.callback_url and INSTALLER in node.driver_internal_info:
        if beat.agent_status is None:
            raise Invalid("A heartbeat without callback_url needs an agent_status.")
        return
    if not beat.callback_url.startswith("https://"):
        raise Invalid(
            "Heartbeat URL must be https://; the agent serves TLS with its own certificate."
        )
    former = node.driver_internal_info.get("agent_url")
    if former is not None and former != beat.callback_url:
        raise Invalid(f"Detected change in ramdisk provided URL: {former} is known for this boot.")
