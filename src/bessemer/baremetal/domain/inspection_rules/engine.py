"""Applies inspection rules to what was found; bounded in time whatever the rules are."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from bessemer.baremetal.domain.inspection_rules.actions import ACTIONS, Case
from bessemer.baremetal.domain.inspection_rules.budget import Budget, RuleFailed
from bessemer.baremetal.domain.inspection_rules.checks import CHECKS
from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule, Operation
from bessemer.baremetal.domain.inspection_rules.templates import Names
from bessemer.baremetal.domain.secret import MASK
from bessemer.errors import Invalid


def apply_rules(rules: Iterable[InspectionRule], case: Case) -> Case:
    """The case after all rules whose conditions hold, the highest priority first.

    Raises RuleFailed, naming the rule, for one that fails, asked to or not.
    """
    budget = Budget()
    for rule in sorted(rules, key=lambda rule: -rule.priority):
        try:
            case = _applied(rule, case, budget)
        except Invalid as error:
            raise RuleFailed(_reason(rule, error)) from None
    return case


def _applied(rule: InspectionRule, case: Case, budget: Budget) -> Case:
    if rule.scope not in (None, case.node.properties.get("inspection_scope")):
        return case
    if not all(_holds(condition, rule, case, budget) for condition in rule.conditions):
        return case
    said = len(case.lines)
    for action in rule.actions:
        kind = ACTIONS[action.operator[0]]
        for names in _rounds(action, rule, case, budget):
            # Each round sees what the one before it did to the node and the plug-in data.
            present = replace(names, node=case.node, plugin_data=case.plugin_data)
            case = kind.apply(case, present.filled(action.named(kind)))
    if rule.sensitive:
        hidden = (replace(line, message=MASK) for line in case.lines[said:])
        return replace(case, lines=(*case.lines[:said], *hidden))
    return case


def _holds(condition: Operation, rule: InspectionRule, case: Case, budget: Budget) -> bool:
    name, inverted = condition.operator
    kind = CHECKS[name]
    results = []
    for names in _rounds(condition, rule, case, budget):
        arguments = names.filled(condition.named(kind))
        results.append(kind.holds(arguments) is not inverted)
        if condition.multiple == "first":
            break
    match condition.multiple:
        case "all":
            return all(results)
        case "last":
            return results[-1]
        case _:
            return any(results)


def _rounds(
    operation: Operation, rule: InspectionRule, case: Case, budget: Budget
) -> Iterator[Names]:
    """What can be named in each round of the operation's loop; one round without a loop."""
    names = Names(case.node, case.inventory, case.plugin_data, rule.sensitive, budget=budget)
    if not operation.loop:
        budget.operation()
        yield names
        return
    items: list[Any] = operation.loop if isinstance(operation.loop, list) else [operation.loop]
    for item in items:
        budget.operation()
        # Fields inside items are replaced here, and what comes out of the machine's own data is
        # never read for fields again.
        yield replace(names, item=names.filled(item))


def _reason(rule: InspectionRule, error: Invalid) -> str:
    called = f" ({rule.description})" if rule.description else ""
    reason = "it is sensitive, so its words are kept back" if rule.sensitive else error.message
    return f"Inspection rule {rule.uuid}{called} failed: {reason}."
