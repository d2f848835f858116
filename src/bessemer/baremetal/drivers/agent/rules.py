"""Inspection rules at work: those of the API and of a file, on what inspection found."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import aiohttp
import structlog
import yaml

from bessemer.baremetal.domain.inspection_rules.actions import Call, Case
from bessemer.baremetal.domain.inspection_rules.attributes import NODE, PORT
from bessemer.baremetal.domain.inspection_rules.budget import RuleFailed
from bessemer.baremetal.domain.inspection_rules.engine import apply_rules
from bessemer.baremetal.domain.inspection_rules.rule import (
    PHASES,
    InspectionRule,
    read_actions,
    read_conditions,
)
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.drivers.agent.stored_report import storable
from bessemer.baremetal.drivers.users_urls import Bounds, FetchRefused, fetched
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import ConfigurationError, Invalid

log = structlog.get_logger()

_LEAVES: Final = "leaves"
"""In the work's memo: the fingerprint of what processing the report leaves behind."""
SETTING: Final = "baremetal.inspection_rules_file"
_KEYS: Final = frozenset(
    {"uuid", "description", "phase", "priority", "scope", "sensitive", "conditions", "actions"}
)


def built_in_rules(file: str) -> tuple[InspectionRule, ...]:
    """The rules in a YAML file; none for no file. Raises ConfigurationError naming the mistake."""
    if not file:
        return ()
    try:
        written = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{SETTING}: {file} cannot be read: {error}") from error
    if not isinstance(written, list):
        raise ConfigurationError(f"{SETTING}: {file} must hold a list of rules.")
    try:
        return tuple(_rule(number, each) for number, each in enumerate(written))
    except Invalid as error:
        raise ConfigurationError(f"{SETTING}: {file}: {error.message}") from error


async def applied(rules: Sequence[InspectionRule], case: Case, bounds: Bounds | None) -> Case:
    """The case after the rules; what they say is logged, what they call is called.

    `bounds`: whither their calls may go; None: they may make none. Raises RuleFailed.
    """
    # In a thread: it may take a second or two, in which the service has others to serve.
    after = await asyncio.to_thread(apply_rules, rules, case)
    if after.calls and bounds is None:
        raise RuleFailed(
            "An inspection rule makes an api-call, which is switched off by the setting "
            "baremetal.inspection_rule_api_calls."
        )
    for line in after.lines:
        level = getattr(log, line.level)
        level("inspection.rule", node=case.node.uuid, message=line.message)
    if bounds is not None:
        for call in after.calls:
            await _get(call, bounds)
    return after


class Rulebook:
    """The rules of the API and of the file, and what they leave of a machine that was looked at."""

    def __init__(self, settings: BareMetalSettings) -> None:
        self._built_in = built_in_rules(settings.inspection_rules_file)
        self._bounds = Bounds.of(settings) if settings.inspection_rule_api_calls else None

    def is_kept(self, task: Task) -> bool:
        """Whether the rules were applied already, and what they left was saved."""
        return task.work.memo.get(_LEAVES) == fingerprint(task.node, task.ports)

    async def applied(self, rules: Sequence[InspectionRule], found: Case) -> Case:
        """What these rules and those of the file leave of it. Raises RuleFailed."""
        return await applied([*rules, *self._built_in], found, self._bounds)

    async def keep(self, task: Task, found: Case) -> None:
        """Save what was found, as the rules leave it. Raises RuleFailed."""
        # Kept before any rule can fail, so that one can look up what the rule saw.
        await task.save_inventory(found.inventory, found.plugin_data)
        case = await self.applied(await task.inspection_rules("main"), found)
        await task.save_inventory(case.inventory, storable(case.plugin_data))
        # A rule may append to a list: were it applied again to what it has already changed, because
        # the worker died right after saving, it would append twice.
        await task.note(**{_LEAVES: fingerprint(case.node, case.ports)})
        for port in case.ports:
            if port not in task.ports:
                await task.save_port(port)
        await task.save(case.node)


def fingerprint(node: Node, ports: Sequence[Port]) -> str:
    """Of all that rules can change of a node and its ports: the same for the same."""
    facts = [
        *(getattr(node, name) for name in NODE),
        sorted(node.traits),
        [[port.uuid, *(getattr(port, name) for name in PORT)] for port in _in_order(ports)],
    ]
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()


def _in_order(ports: Sequence[Port]) -> list[Port]:
    return sorted(ports, key=lambda port: port.uuid)


def _rule(number: int, written: Any) -> InspectionRule:
    place = f"rule {number + 1}"
    if not isinstance(written, Mapping) or set(written) - _KEYS:
        raise Invalid(f"{place} must be an object of {', '.join(sorted(_KEYS))}.")
    phase, priority = written.get("phase") or "main", written.get("priority") or 0
    if phase not in PHASES or isinstance(priority, bool) or not isinstance(priority, int):
        raise Invalid(f"{place}: phase must be {', '.join(PHASES)}, priority a whole number.")
    scope = written.get("scope")
    if not isinstance(scope, str | None):
        raise Invalid(f"{place}: scope must be a text, as in properties.inspection_scope.")
    return InspectionRule(
        scope=scope,
        uuid=str(written.get("uuid") or UUID(int=number)),
        description=written.get("description"),
        phase=phase,
        priority=priority,
        sensitive=written.get("sensitive") is True,
        conditions=read_conditions(f"{place}: conditions", written.get("conditions")),
        actions=read_actions(f"{place}: actions", written.get("actions")),
    )


async def _get(call: Call, bounds: Bounds) -> None:
    """Raises RuleFailed when the last try failed as well."""
    timeout = aiohttp.ClientTimeout(total=call.timeout_s)
    for attempt in range(call.retries + 1):
        try:
            async with fetched(call.url, bounds, timeout, headers=call.headers) as answer:
                answer.raise_for_status()
                return
        except FetchRefused as error:
            raise RuleFailed(f"An inspection rule's api-call failed: {error.message}") from None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            if attempt == call.retries:
                # No more of it: its words hold the URL, and that may hold a secret.
                raise RuleFailed(
                    f"An inspection rule's api-call failed: {type(error).__name__}."
                ) from None
        await asyncio.sleep(call.backoff_s * 2**attempt)
