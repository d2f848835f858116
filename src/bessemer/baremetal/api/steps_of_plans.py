"""What a list of steps in a deploy template or a runbook must look like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bessemer.baremetal.api.values import Checker, Rule, mapping, ruled, taken_by, text
from bessemer.baremetal.domain.secret import keep_masked
from bessemer.errors import Invalid
from bessemer.json_types import Json, JsonObject

MOST_STEPS: Final = 1000
LARGEST_NUMBER: Final = 2**31 - 1


@ruled(
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER},
            {"type": "string", "pattern": "^[0-9]{1,9}$"},
        ]
    },
    {"type": "integer", "minimum": 0},
)
def whole(name: str, value: Json) -> Json:
    """A whole number from 0 on; clients also send one as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise Invalid(f"{name} must be a whole number from 0 to {LARGEST_NUMBER}.")
    return value


def one_of(*words: str) -> Rule:
    """One of these words."""

    @ruled({"enum": list(words)})
    def check(name: str, value: Json) -> Json:
        if value not in words:
            raise Invalid(f"{name} must be one of {', '.join(words)}.")
        return value

    return check


@dataclass(frozen=True, slots=True)
class StepShape:
    """The keys of a step, each with its checker; those of `standard` may be left out."""

    keys: Mapping[str, Checker]
    standard: Mapping[str, Json]

    @property
    def schema(self) -> JsonObject:
        """One step as JSON schema."""
        return {
            "type": "object",
            "properties": {key: taken_by(check) for key, check in self.keys.items()},
            "required": [key for key in self.keys if key not in self.standard],
            "additionalProperties": False,
        }

    def checked(self, name: str, value: Json) -> dict[str, Json]:
        """One step with all keys. Raises Invalid naming the step and the key."""
        if not isinstance(value, dict):
            raise Invalid(f"{name} must be an object with {', '.join(self.keys)}.")
        unknown = sorted(set(value) - set(self.keys))
        if unknown:
            raise Invalid(f"{name} has unknown keys: {', '.join(key[:80] for key in unknown)}.")
        missing = [key for key in self.keys if key not in {**self.standard, **value}]
        if missing:
            raise Invalid(f"{name} needs {', '.join(missing)}.")
        given = {**self.standard, **value}
        return {key: check(f"{name}/{key}", given[key]) for key, check in self.keys.items()}


def steps(shape: StepShape, called: str = "steps") -> Checker:
    """A list of one step or more, or of whatever else has this shape."""
    listed: JsonObject = {"type": "array", "items": shape.schema, "minItems": 1}

    @ruled({**listed, "maxItems": MOST_STEPS})
    def check(name: str, value: Json) -> Json:
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_STEPS:
            raise Invalid(f"{name} must be a list of 1 to {MOST_STEPS} {called}.")
        return [shape.checked(f"{name}/{index}", each) for index, each in enumerate(value)]

    return check


def with_kept_secrets(changed: Json, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Json]]:
    """The checked steps; asterisks in their arguments stand for what the same step had there."""
    former = {(each["interface"], each["step"]): each["args"] for each in known}
    return [
        {
            **step,
            "args": keep_masked(step["args"], former.get((step["interface"], step["step"]), {})),
        }
        for step in changed
    ]


STEP_NAME: Final = text(255, least=1)
ARGUMENTS: Final[Callable[[str, Json], Json]] = mapping
