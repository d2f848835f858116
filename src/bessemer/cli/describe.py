"""Settings and rules in words: one line each, from the models and tables themselves."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from bessemer.baremetal.api.policies import RULES, Policies
from bessemer.settings import Settings

_PASSWORD: Final = re.compile(r"(://[^:/@\s]*:)[^/\s]*(@)")
"""The password within a URL."""


def describe_settings(settings: Settings) -> str:
    """`section.name = value   description`, sorted as in the tree, aligned."""
    rows = list(_rows(settings, ""))
    width = max(len(name) + len(value) for name, value, _ in rows) + 3
    return "\n".join(f"{f'{name} = {value}':<{width}}  {text}" for name, value, text in rows)


def describe_policies(settings: Settings) -> str:
    """`rule   who passes`, aligned, and whether the operators' file says so. Raises ConfigurationError."""
    policies = Policies(settings.baremetal.policy_file)
    width = max(map(len, RULES))
    origin = {True: f"   (from {settings.baremetal.policy_file})", False: ""}
    return "\n".join(
        f"{rule:<{width}}  {policies.who(rule)}{origin[policies.is_own(rule)]}" for rule in RULES
    )


def _rows(model: BaseModel, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _rows(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _shown(value), field.description or ""


def _shown(value: object) -> str:
    if value is None or value == "":
        return "(unset)"
    return _PASSWORD.sub(r"\1***\2", str(value))
