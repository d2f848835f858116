"""A node's life as one table; `next_state` is the only way from one state to another."""

from typing import Final, NamedTuple

from bessemer.baremetal.domain.provision.states import Event as E
from bessemer.baremetal.domain.provision.states import State as S
from bessemer.errors import Invalid


class Rule(NamedTuple):
    """In state `source`, `event` leads to `target`."""

    source: S
    event: E
    target: S


# fmt: off
RULES: Final = (
    Rule(S.ENROLL,          E.MANAGE,   S.VERIFYING),
    Rule(S.VERIFYING,       E.DONE,     S.MANAGEABLE),
    Rule(S.VERIFYING,       E.FAIL,     S.ENROLL),
    Rule(S.MANAGEABLE,      E.PROVIDE,  S.CLEANING),
    Rule(S.MANAGEABLE,      E.CLEAN,    S.CLEANING),
    Rule(S.MANAGEABLE,      E.INSPECT,  S.INSPECTING),
    Rule(S.MANAGEABLE,      E.ADOPT,    S.ADOPTING),
    Rule(S.AVAILABLE,       E.DEPLOY,   S.DEPLOYING),
    Rule(S.AVAILABLE,       E.MANAGE,   S.MANAGEABLE),

    Rule(S.DEPLOYING,       E.WAIT,     S.DEPLOY_WAIT),
    Rule(S.DEPLOYING,       E.HOLD,     S.DEPLOY_HOLD),
    Rule(S.DEPLOYING,       E.DONE,     S.ACTIVE),
    Rule(S.DEPLOYING,       E.FAIL,     S.DEPLOY_FAILED),
    Rule(S.DEPLOY_WAIT,     E.RESUME,   S.DEPLOYING),
    Rule(S.DEPLOY_WAIT,     E.HOLD,     S.DEPLOY_HOLD),
    Rule(S.DEPLOY_WAIT,     E.FAIL,     S.DEPLOY_FAILED),
    Rule(S.DEPLOY_WAIT,     E.ABORT,    S.DEPLOY_FAILED),
    Rule(S.DEPLOY_WAIT,     E.DELETE,   S.DELETING),
    Rule(S.DEPLOY_HOLD,     E.UNHOLD,   S.DEPLOY_WAIT),
    Rule(S.DEPLOY_HOLD,     E.ABORT,    S.DEPLOY_FAILED),
    Rule(S.DEPLOY_FAILED,   E.DEPLOY,   S.DEPLOYING),
    Rule(S.DEPLOY_FAILED,   E.REBUILD,  S.DEPLOYING),
    Rule(S.DEPLOY_FAILED,   E.DELETE,   S.DELETING),

    Rule(S.ACTIVE,          E.REBUILD,  S.DEPLOYING),
    Rule(S.ACTIVE,          E.DELETE,   S.DELETING),
    Rule(S.ACTIVE,          E.RESCUE,   S.RESCUING),
    Rule(S.ACTIVE,          E.SERVICE,  S.SERVICING),
    Rule(S.ERROR,           E.REBUILD,  S.DEPLOYING),
    Rule(S.ERROR,           E.DELETE,   S.DELETING),
    Rule(S.DELETING,        E.CLEAN,    S.CLEANING),
    Rule(S.DELETING,        E.FAIL,     S.ERROR),

    Rule(S.CLEANING,        E.WAIT,     S.CLEAN_WAIT),
    Rule(S.CLEANING,        E.HOLD,     S.CLEAN_HOLD),
    Rule(S.CLEANING,        E.DONE,     S.AVAILABLE),
    Rule(S.CLEANING,        E.MANAGE,   S.MANAGEABLE),
    Rule(S.CLEANING,        E.FAIL,     S.CLEAN_FAILED),
    Rule(S.CLEAN_WAIT,      E.RESUME,   S.CLEANING),
    Rule(S.CLEAN_WAIT,      E.HOLD,     S.CLEAN_HOLD),
    Rule(S.CLEAN_WAIT,      E.FAIL,     S.CLEAN_FAILED),
    Rule(S.CLEAN_WAIT,      E.ABORT,    S.CLEAN_FAILED),
    Rule(S.CLEAN_HOLD,      E.UNHOLD,   S.CLEAN_WAIT),
    Rule(S.CLEAN_HOLD,      E.ABORT,    S.CLEAN_FAILED),
    Rule(S.CLEAN_FAILED,    E.MANAGE,   S.MANAGEABLE),

    Rule(S.INSPECTING,      E.WAIT,     S.INSPECT_WAIT),
    Rule(S.INSPECTING,      E.DONE,     S.MANAGEABLE),
    Rule(S.INSPECTING,      E.FAIL,     S.INSPECT_FAILED),
    Rule(S.INSPECT_WAIT,    E.RESUME,   S.INSPECTING),
    Rule(S.INSPECT_WAIT,    E.DONE,     S.MANAGEABLE),
    Rule(S.INSPECT_WAIT,    E.FAIL,     S.INSPECT_FAILED),
    Rule(S.INSPECT_WAIT,    E.ABORT,    S.INSPECT_FAILED),
    Rule(S.INSPECT_FAILED,  E.MANAGE,   S.MANAGEABLE),
    Rule(S.INSPECT_FAILED,  E.INSPECT,  S.INSPECTING),

    Rule(S.ADOPTING,        E.DONE,     S.ACTIVE),
    Rule(S.ADOPTING,        E.FAIL,     S.ADOPT_FAILED),
    Rule(S.ADOPT_FAILED,    E.ADOPT,    S.ADOPTING),
    Rule(S.ADOPT_FAILED,    E.MANAGE,   S.MANAGEABLE),

    Rule(S.RESCUING,        E.WAIT,     S.RESCUE_WAIT),
    Rule(S.RESCUING,        E.DONE,     S.RESCUE),
    Rule(S.RESCUING,        E.FAIL,     S.RESCUE_FAILED),
    Rule(S.RESCUE_WAIT,     E.RESUME,   S.RESCUING),
    Rule(S.RESCUE_WAIT,     E.FAIL,     S.RESCUE_FAILED),
    Rule(S.RESCUE_WAIT,     E.ABORT,    S.RESCUE_FAILED),
    Rule(S.RESCUE_WAIT,     E.DELETE,   S.DELETING),
    Rule(S.RESCUE,          E.RESCUE,   S.RESCUING),
    Rule(S.RESCUE,          E.UNRESCUE, S.UNRESCUING),
    Rule(S.RESCUE,          E.DELETE,   S.DELETING),
    Rule(S.RESCUE_FAILED,   E.RESCUE,   S.RESCUING),
    Rule(S.RESCUE_FAILED,   E.UNRESCUE, S.UNRESCUING),
    Rule(S.RESCUE_FAILED,   E.DELETE,   S.DELETING),
    Rule(S.UNRESCUING,      E.DONE,     S.ACTIVE),
    Rule(S.UNRESCUING,      E.FAIL,     S.UNRESCUE_FAILED),
    Rule(S.UNRESCUE_FAILED, E.RESCUE,   S.RESCUING),
    Rule(S.UNRESCUE_FAILED, E.UNRESCUE, S.UNRESCUING),
    Rule(S.UNRESCUE_FAILED, E.DELETE,   S.DELETING),

    Rule(S.SERVICING,       E.WAIT,     S.SERVICE_WAIT),
    Rule(S.SERVICING,       E.HOLD,     S.SERVICE_HOLD),
    Rule(S.SERVICING,       E.DONE,     S.ACTIVE),
    Rule(S.SERVICING,       E.FAIL,     S.SERVICE_FAILED),
    Rule(S.SERVICE_WAIT,    E.RESUME,   S.SERVICING),
    Rule(S.SERVICE_WAIT,    E.HOLD,     S.SERVICE_HOLD),
    Rule(S.SERVICE_WAIT,    E.FAIL,     S.SERVICE_FAILED),
    Rule(S.SERVICE_WAIT,    E.ABORT,    S.SERVICE_FAILED),
    Rule(S.SERVICE_WAIT,    E.DELETE,   S.DELETING),
    Rule(S.SERVICE_HOLD,    E.SERVICE,  S.SERVICING),
    Rule(S.SERVICE_HOLD,    E.UNHOLD,   S.SERVICE_WAIT),
    Rule(S.SERVICE_HOLD,    E.FAIL,     S.SERVICE_FAILED),
    Rule(S.SERVICE_HOLD,    E.ABORT,    S.SERVICE_FAILED),
    Rule(S.SERVICE_FAILED,  E.SERVICE,  S.SERVICING),
    Rule(S.SERVICE_FAILED,  E.RESCUE,   S.RESCUING),
    Rule(S.SERVICE_FAILED,  E.WAIT,     S.SERVICE_WAIT),
    Rule(S.SERVICE_FAILED,  E.HOLD,     S.SERVICE_HOLD),
    Rule(S.SERVICE_FAILED,  E.ABORT,    S.ACTIVE),
    Rule(S.SERVICE_FAILED,  E.DELETE,   S.DELETING),
)
# fmt: on

_NEXT: Final = {(rule.source, rule.event): rule.target for rule in RULES}

_REPORTS: Final = frozenset({E.DONE, E.FAIL, E.HOLD, E.RESUME, E.WAIT})
_REPORTED_AS_VERBS: Final = frozenset({(S.CLEANING, E.MANAGE), (S.DELETING, E.CLEAN)})
"""Where a node's worker uses the word of a verb, which nobody else may say there."""


class TransitionRefused(Invalid):
    """The node's state does not allow this verb."""


def next_state(state: S, event: E) -> S:
    """Where `event` leads from `state`. Raises TransitionRefused."""
    try:
        return _NEXT[state, event]
    except KeyError:
        raise _refused(state, event) from None


def check_verb(state: S, event: E) -> None:
    """Raises TransitionRefused for what nobody may ask for in `state`."""
    if event not in verbs_from(state):
        raise _refused(state, event)


def events_from(state: S) -> frozenset[E]:
    """Every event that the table allows in `state`."""
    return frozenset(event for source, event in _NEXT if source is state)


def verbs_from(state: S) -> frozenset[E]:
    """Those that somebody may ask for."""
    taken = {event for source, event in _REPORTED_AS_VERBS if source is state}
    return events_from(state) - _REPORTS - taken


def _refused(state: S, event: E) -> TransitionRefused:
    possible = ", ".join(sorted(verbs_from(state))) or "nothing"
    return TransitionRefused(
        f'The requested action "{event}" can not be performed on a node in state "{state}"; '
        f"possible there: {possible}."
    )
