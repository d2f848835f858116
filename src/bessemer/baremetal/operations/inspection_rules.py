"""Inspection rules: what can be done with them. Built-in ones, from a file, are none of these."""

from bessemer.baremetal.domain.inspection_rules.rule import InspectionRule
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.records import Keeping
from bessemer.baremetal.store import inspection_rules as store
from bessemer.baremetal.store.inspection_rules import INSPECTION_RULES
from bessemer.errors import Invalid


def inspection_rules(desk: Desk) -> Keeping[InspectionRule]:
    """All of them."""

    def check(rule: InspectionRule) -> None:
        calls = any(action.op == "api-call" for action in rule.actions)
        if calls and not desk.settings.inspection_rule_api_calls:
            raise Invalid(
                "actions: api-call is switched off, because it lets the service call any address; "
                "the setting baremetal.inspection_rule_api_calls switches it on."
            )

    return Keeping(desk, INSPECTION_RULES, check)


async def delete_all(desk: Desk) -> None:
    """Delete every rule."""
    async with desk.shelves.database.write() as connection:
        await store.remove_all(connection)
