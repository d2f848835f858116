"""Our table of rules beside Ironic's: the same names, and for each the same callers pass."""

import pytest
from tests.unit.baremetal.reference_policies import PUBLISHED

from bessemer.baremetal.api.policies import RULES, Policies
from bessemer.baremetal.api.policy_file import Asker
from bessemer.context import RequestContext
from bessemer.web.policies import LADDER

RELATIONS = ("system", "owner", "lessee", "stranger")
TOP_ROLE = {"a": "admin", "g": "manager", "m": "member", "r": "reader", "s": "service"}

LEFT_OUT = {
    "baremetal:allocation:create_pre_rbac": "for deployments without scopes, which ours is not",
}
ASKED_ONLY_OF = {
    "baremetal:node:create:self_owned_node": "owner",
    "baremetal:runbook:create": "system owner",
    "baremetal:volume:view_target_properties": "system owner lessee",
}
"""Rules that are asked of these callers alone: what a project makes is judged as its own already, and
the properties of a target are shown to those who see the target."""


def asker(relation: str, letter: str) -> Asker:
    role = "service" if letter == "n" else TOP_ROLE[letter]
    ladder = LADDER[: LADDER.index(role) + 1] if role in LADDER else ()
    system = relation == "system"
    context = RequestContext(
        roles=frozenset({role, *ladder}),
        system_scope=system and letter != "n",
        service_project=letter == "n",
        project_id="services" if letter == "n" else None if system else "ours",
    )
    owner = "ours" if relation == "owner" else "somebody's"
    return Asker(context, owner, "ours" if relation == "lessee" else None)


def passing(rule: str) -> dict[str, str]:
    policies = Policies()
    return {
        relation: "".join(
            letter
            for letter in ("agmrsn" if relation == "system" else "agmrs")
            if policies.passes(rule, asker(relation, letter))
        )
        for relation in RELATIONS
    }


def test_the_rules_have_the_published_names():
    assert set(RULES) == set(PUBLISHED) - set(LEFT_OUT)


@pytest.mark.parametrize("rule", sorted(set(PUBLISHED) - set(LEFT_OUT)))
def test_a_rule_lets_pass_whom_the_published_one_does(rule):
    published = dict(zip(RELATIONS, PUBLISHED[rule], strict=True))
    compared = ASKED_ONLY_OF.get(rule, " ".join(RELATIONS)).split()
    ours = passing(rule)
    assert {each: ours[each] for each in compared} == {each: published[each] for each in compared}
