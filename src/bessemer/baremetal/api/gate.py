"""The one gate in front of every handler: who may not see a thing finds none, who may not act is told.

A caller whose standing in the deployment is enough costs no query. For everybody else one query
tells whose the target is; from then on the handler gets the target's uuid, so that a name which
changes hands in between changes nothing. Lists are narrowed by `Call.only_project`, in SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bessemer.baremetal.api.demands import (
    SEEN_BY,
    Reference,
    listed_under,
    references_of,
    rules_of,
    target_of,
)
from bessemer.baremetal.api.json_suffix import SUFFIX, had_json_suffix
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.policies import RULES, Standing, allows, standing
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store.ownership import PORT, Noun, Ownership, allocation_of_node
from bessemer.db.engine import Database
from bessemer.errors import Forbidden, Invalid, NotFound
from bessemer.web.routes import Call

MAX_IDENT: Final = 255
PORT_NAMES_SINCE: Final = 88
OWNED: Final[Mapping[str, tuple[str, int]]] = {
    "/nodes": ("baremetal:node:create", 80),
    "/allocations": ("baremetal:allocation:create_restricted", 60),
    "/runbooks": ("baremetal:runbook:create", 92),
}
"""What a POST makes for the caller's own project, unless the caller passes the rule as system; and
since which microversion projects may."""

CHILDREN: Final = frozenset({"/ports", "/portgroups", "/volume/connectors", "/volume/targets"})
"""What a POST makes under a node that the body names."""

NOTHINGS: Final = Ownership("", None)
"""What belongs to no project: the deployment itself."""

_FOR_ALL_IF_PUBLIC: Final = frozenset({"baremetal:runbook:get", "baremetal:runbook:use"})
_NEW_OWNER: Final = "baremetal:node:update:owner"
_NEW_OWNER_OF_ACTIVE: Final = "baremetal:node:update_owner_provisioned"


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides on calls by the policy table and the owners in the database."""

    database: Database

    async def admit(
        self, method: str, path: str, policy: str, call: Call, *, narrows: bool = False
    ) -> Call:
        """The call as its handler may have it. `narrows`: that handler heeds `only_project`.

        Raises NotFound for what the caller may not see, Forbidden for what they may not do, Invalid
        for bodies that point at nothing they may see.
        """
        noun = target_of(path)
        if noun is not None:
            return await self._at_target(noun, method, path, policy, call)
        if method == "GET":
            return await self._at_list(path, policy, call, narrows)
        if path in OWNED:
            call = _for_its_project(path, policy, call)
        elif path not in CHILDREN:
            _demand({policy: ""}, NOTHINGS, call)
        await self._check_references(method, path, policy, call)
        return call

    async def _at_target(self, noun: Noun, method: str, path: str, policy: str, call: Call) -> Call:
        rules = rules_of(method, path, policy, call.body)
        references = references_of(method, path, policy, call.body)
        demanded = {*rules, *(each.rule for each in references)}
        if _NEW_OWNER in rules:
            demanded.add(_NEW_OWNER_OF_ACTIVE)
        suffixed = had_json_suffix(call.request.scope) and path.endswith("}")
        if not suffixed and _needs_no_owner(demanded, call):
            return call
        found = await self._find(noun, _ident(call), suffixed)
        if found is None or not _passes(SEEN_BY[noun], found, call):
            raise NotFound(f"{noun.word} {_ident(call)} could not be found.")
        if found.provision_state == State.ACTIVE and _NEW_OWNER in rules:
            rules[_NEW_OWNER_OF_ACTIVE] = "owner"
        judged = found
        if path.startswith("/nodes/{ident}/allocation"):
            judged = await self._allocation(found)
        _demand(rules, judged, call)
        await self._check(references, call)
        return _renamed(noun, call, found.uuid)

    async def _at_list(self, path: str, policy: str, call: Call, narrows: bool) -> Call:
        everything = f"{policy}_all"
        held = standing(call.context)
        if everything not in RULES:
            _demand({policy: ""}, NOTHINGS, call)
            return call
        if allows(everything, held):
            return call
        project = call.context.project_id
        if project is None or not (narrows and allows(policy, held)):
            raise _forbidden(everything)
        for noun, ident in listed_under(call.query):
            found = await self._find(noun, ident)
            if found is None or not _passes(SEEN_BY[noun], found, call):
                raise NotFound(f"{noun.word} {ident[:80]} could not be found.")
        return replace(call, only_project=project)

    async def _check_references(self, method: str, path: str, policy: str, call: Call) -> None:
        references = references_of(method, path, policy, call.body)
        if path in CHILDREN and not references and not allows(policy, standing(call.context)):
            raise Invalid("Give the node that it belongs to: node_uuid.")
        if not _needs_no_owner([each.rule for each in references], call):
            await self._check(references, call)

    async def _check(self, references: Sequence[Reference], call: Call) -> None:
        for noun in dict.fromkeys(each.noun for each in references):
            those = [each for each in references if each.noun is noun]
            found = await self._find_all(noun, [each.ident for each in those])
            for each in those:
                thing = found.get(each.ident)
                if thing is None or not _passes(SEEN_BY[noun], thing, call):
                    raise Invalid(f"{noun.word} {each.ident[:80]} could not be found.")
                _demand({each.rule: ""}, thing, call)

    async def _find(self, noun: Noun, ident: str, suffixed: bool = False) -> Ownership | None:
        literal = f"{ident}{SUFFIX}"
        found = await self._find_all(noun, [literal, ident] if suffixed else [ident])
        return found.get(literal) or found.get(ident)

    async def _find_all(self, noun: Noun, idents: Sequence[str]) -> dict[str, Ownership]:
        possible = [each for each in idents if len(each) <= MAX_IDENT and "\x00" not in each]
        async with self.database.read() as connection:
            return await noun.find_all(connection, possible)

    async def _allocation(self, node: Ownership) -> Ownership:
        async with self.database.read() as connection:
            found = await allocation_of_node(connection, node.uuid)
        if found is None:
            raise NotFound(f"Node {node.uuid} has no allocation.")
        return found


def _for_its_project(path: str, policy: str, call: Call) -> Call:
    """What is made belongs to the caller's project, unless the caller makes things for anybody."""
    for_anybody, since = OWNED[path]
    held = standing(call.context)
    if RULES[for_anybody] & held:
        return call
    project = call.context.project_id
    own = Ownership("", project)
    _demand({policy: ""}, own, call)
    require(call.version.minor, since, "an owner of one's own")
    body: Mapping[str, Any] = call.body
    if body.get("owner", project) != project:
        raise _forbidden(for_anybody, "owner")
    rest = {name: value for name, value in body.items() if name != "owner"}
    _demand(rules_of("POST", path, policy, rest), own, call)
    return replace(call, body={**rest, "owner": project})


def _needs_no_owner(rules: Sequence[str] | set[str], call: Call) -> bool:
    held = standing(call.context)
    return all(bool(RULES.get(rule, Standing.SYSTEM_ADMIN) & held) for rule in rules)


def _passes(rule: str, thing: Ownership, call: Call) -> bool:
    held = standing(call.context, thing.owner, thing.lessee)
    if thing.public and rule in _FOR_ALL_IF_PUBLIC:
        held |= Standing.OWNER_MEMBER if Standing.ANY_MEMBER in held else Standing.OWNER_READER
    return allows(rule, held)


def _demand(rules: Mapping[str, str], thing: Ownership, call: Call) -> None:
    """Raises Forbidden with the first rule that the caller does not pass. Rule -> field."""
    for rule, field in rules.items():
        if not _passes(rule, thing, call):
            raise _forbidden(rule, field)


def _forbidden(rule: str, field: str = "") -> Forbidden:
    what = f"to set {field[:80]}" if field else "this"
    passing = RULES.get(rule, Standing.SYSTEM_ADMIN)
    who = ", ".join(str(each.name).lower().replace("_", " ") for each in passing)
    return Forbidden(f"Policy {rule} does not permit {what}: it is for {who}.")


def _ident(call: Call) -> str:
    """What the request names: in its path, or in the query of `/nodes/validate`."""
    if call.path:
        return next(iter(call.path.values()))
    return call.query.get("node_uuid") or call.query.get("node") or ""


def _renamed(noun: Noun, call: Call, uuid: str) -> Call:
    if not call.path or (noun is PORT and call.version.minor < PORT_NAMES_SINCE):
        return call
    return replace(call, path={**call.path, next(iter(call.path)): uuid})
