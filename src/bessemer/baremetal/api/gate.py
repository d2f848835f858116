"""The one gate in front of every handler: who may not see a thing finds none, who may not act is told.

A caller whose standing in the deployment is enough costs no query. For everybody else one query
tells whose the target is; from then on the handler gets the target's uuid, so that a name which
changes hands in between changes nothing. Lists are narrowed by `Call.only_project`, in SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from bessemer.baremetal.api.client_paths import SUFFIX, had_json_suffix
from bessemer.baremetal.api.demands import (
    SEEN_BY,
    Reference,
    listed_under,
    references_of,
    rules_of,
    target_of,
)
from bessemer.baremetal.api.microversions import require
from bessemer.baremetal.api.policies import RULES, Policies, Standing, standing
from bessemer.baremetal.api.policy_file import Asker
from bessemer.baremetal.domain.provision.states import State
from bessemer.baremetal.store.ownership import PORT, Noun, Ownership, allocation_of_node
from bessemer.context import RequestContext
from bessemer.db.engine import Database
from bessemer.errors import Conflict, Forbidden, Invalid, NotFound
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
    policies: Policies = field(default_factory=Policies)

    async def admit(
        self, method: str, path: str, policy: str, call: Call, *, narrows: bool = False
    ) -> Call:
        """The call as its handler may have it. `narrows`: that handler heeds `only_project`.

        Raises NotFound for what the caller may not see, Forbidden for what they may not do, Conflict
        for what they may not do at this moment, Invalid for bodies that point at nothing they may see.
        """
        call = replace(call, permits=partial(self._permits, call.context))
        noun = target_of(path)
        if noun is not None:
            return await self._at_target(noun, method, path, policy, call)
        if method == "GET":
            return await self._at_list(path, policy, call, narrows)
        if path in OWNED:
            call = self._for_its_project(path, policy, call)
        elif path not in CHILDREN:
            self._demand({policy: ""}, NOTHINGS, call)
        await self._check_references(method, path, policy, call)
        return call

    def admit_anybody(self, policy: str, call: Call) -> None:
        """For rows that nobody logs in for. Raises Forbidden where the operators' file closes them."""
        self._demand({policy: ""}, NOTHINGS, call)

    async def _at_target(self, noun: Noun, method: str, path: str, policy: str, call: Call) -> Call:
        rules = rules_of(method, path, policy, call.body)
        references = references_of(method, path, policy, call.body)
        demanded = {*rules, *(each.rule for each in references)}
        if _NEW_OWNER in rules:
            demanded.add(_NEW_OWNER_OF_ACTIVE)
        suffixed = had_json_suffix(call.request.scope) and path.endswith("}")
        if not suffixed and self._needs_no_owner(demanded, call):
            return call
        found = await self._find(noun, _ident(call), suffixed)
        if found is None or not self._passes(SEEN_BY[noun], found, call):
            raise NotFound(f"{noun.word} {_ident(call)} could not be found.")
        judged = found
        if path.startswith("/nodes/{ident}/allocation"):
            judged = await self._allocation(found)
        self._demand(rules, judged, call)
        if found.provision_state == State.ACTIVE and _NEW_OWNER in rules:
            self._demand_moment(found, call)
        await self._check(references, call)
        return _renamed(noun, call, found.uuid)

    async def _at_list(self, path: str, policy: str, call: Call, narrows: bool) -> Call:
        everything = f"{policy}_all"
        asker = Asker(call.context)
        if everything not in RULES:
            self._demand({policy: ""}, NOTHINGS, call)
            return call
        if self.policies.allows(everything, asker):
            return call
        project = call.context.project_id
        if project is None or not (narrows and self.policies.allows(policy, asker)):
            raise self._forbidden(everything)
        for noun, ident in listed_under(call.query):
            found = await self._find(noun, ident)
            if found is None or not self._passes(SEEN_BY[noun], found, call):
                raise NotFound(f"{noun.word} {ident[:80]} could not be found.")
        return replace(call, only_project=project)

    async def _check_references(self, method: str, path: str, policy: str, call: Call) -> None:
        references = references_of(method, path, policy, call.body)
        if path in CHILDREN and not (references or call.permits(policy, None, None)):
            raise Invalid("Give the node that it belongs to: node_uuid.")
        if not self._needs_no_owner([each.rule for each in references], call):
            await self._check(references, call)

    async def _check(self, references: Sequence[Reference], call: Call) -> None:
        for noun in dict.fromkeys(each.noun for each in references):
            those = [each for each in references if each.noun is noun]
            found = await self._find_all(noun, [each.ident for each in those])
            for each in those:
                thing = found.get(each.ident)
                if thing is None or not self._passes(SEEN_BY[noun], thing, call):
                    raise Invalid(f"{noun.word} {each.ident[:80]} could not be found.")
                self._demand({each.rule: ""}, thing, call)

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

    def _for_its_project(self, path: str, policy: str, call: Call) -> Call:
        """What is made belongs to the caller's project, unless the caller makes things for anybody."""
        for_anybody, since = OWNED[path]
        if self.policies.passes(for_anybody, Asker(call.context)):
            return call
        project = call.context.project_id
        own = Ownership("", project)
        self._demand({policy: ""}, own, call)
        require(call.version.minor, since, "an owner of one's own")
        body: Mapping[str, Any] = call.body
        if body.get("owner", project) != project:
            raise self._forbidden(for_anybody, "owner")
        rest = {name: value for name, value in body.items() if name != "owner"}
        self._demand(rules_of("POST", path, policy, rest), own, call)
        return replace(call, body={**rest, "owner": project})

    def _needs_no_owner(self, rules: Sequence[str] | set[str], call: Call) -> bool:
        asker = Asker(call.context)
        return all(self.policies.passes(rule, asker) for rule in rules)

    def _permits(
        self, context: RequestContext, rule: str, owner: str | None, lessee: str | None
    ) -> bool:
        return self.policies.allows(rule, Asker(context, owner, lessee))

    def _passes(self, rule: str, thing: Ownership, call: Call) -> bool:
        asker = Asker(call.context, thing.owner, thing.lessee)
        more = Standing.NOBODY
        if thing.public and rule in _FOR_ALL_IF_PUBLIC:
            member = Standing.ANY_MEMBER in standing(call.context)
            more = Standing.OWNER_MANAGER if member else Standing.OWNER_READER
        return self.policies.allows(rule, asker, more)

    def _demand(self, rules: Mapping[str, str], thing: Ownership, call: Call) -> None:
        """Raises Forbidden with the first rule that the caller does not pass. Rule -> field."""
        for rule, about in rules.items():
            if not self._passes(rule, thing, call):
                raise self._forbidden(rule, about)

    def _demand_moment(self, node: Ownership, call: Call) -> None:
        """Raises Conflict when they may give the node away, but not while it is active."""
        if not self._passes(_NEW_OWNER_OF_ACTIVE, node, call):
            raise Conflict(
                f"The owner of node {node.uuid} can not be changed while it is in state "
                f"{State.ACTIVE}: policy {_NEW_OWNER_OF_ACTIVE} is for "
                f"{self.policies.who(_NEW_OWNER_OF_ACTIVE)}."
            )

    def _forbidden(self, rule: str, about: str = "") -> Forbidden:
        what = f"to set {about[:80]}" if about else "this"
        return Forbidden(
            f"Policy {rule} does not permit {what}: it is for {self.policies.who(rule)}."
        )


def _ident(call: Call) -> str:
    """What the request names: in its path, or in the query of `/nodes/validate`."""
    if call.path:
        return next(iter(call.path.values()))
    return call.query.get("node_uuid") or call.query.get("node") or ""


def _renamed(noun: Noun, call: Call, uuid: str) -> Call:
    if not call.path or (noun is PORT and call.version.minor < PORT_NAMES_SINCE):
        return call
    return replace(call, path={**call.path, next(iter(call.path)): uuid})
