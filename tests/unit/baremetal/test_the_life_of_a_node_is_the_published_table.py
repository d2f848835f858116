"""Every pair of state and event is checked against the published table, written out again here."""

import itertools

import pytest

from bessemer.baremetal.domain.provision.states import Event, State
from bessemer.baremetal.domain.provision.transitions import (
    RULES,
    TransitionRefused,
    next_state,
    verbs_from,
)

PUBLISHED = """
enroll | manage->verifying
verifying | done->manageable; fail->enroll
manageable | provide->cleaning; clean->cleaning; inspect->inspecting; adopt->adopting
available | deploy->deploying; manage->manageable
deploying | wait->wait call-back; hold->deploy hold; done->active; fail->deploy failed
wait call-back | resume->deploying; hold->deploy hold; fail->deploy failed
wait call-back | abort->deploy failed; delete->deleting
deploy hold | unhold->wait call-back; abort->deploy failed
deploy failed | deploy->deploying; rebuild->deploying; delete->deleting
active | rebuild->deploying; delete->deleting; rescue->rescuing; service->servicing
error | rebuild->deploying; delete->deleting
deleting | clean->cleaning; fail->error
cleaning | wait->clean wait; hold->clean hold; done->available; manage->manageable
cleaning | fail->clean failed
clean wait | resume->cleaning; hold->clean hold; fail->clean failed; abort->clean failed
clean hold | unhold->clean wait; abort->clean failed
clean failed | manage->manageable
inspecting | wait->inspect wait; done->manageable; fail->inspect failed
inspect wait | resume->inspecting; done->manageable; fail->inspect failed; abort->inspect failed
inspect failed | manage->manageable; inspect->inspecting
adopting | done->active; fail->adopt failed
adopt failed | adopt->adopting; manage->manageable
rescuing | wait->rescue wait; done->rescue; fail->rescue failed
rescue wait | resume->rescuing; fail->rescue failed; abort->rescue failed; delete->deleting
rescue | rescue->rescuing; unrescue->unrescuing; delete->deleting
rescue failed | rescue->rescuing; unrescue->unrescuing; delete->deleting
unrescuing | done->active; fail->unrescue failed
unrescue failed | rescue->rescuing; unrescue->unrescuing; delete->deleting
servicing | wait->service wait; hold->service hold; done->active; fail->service failed
service wait | resume->servicing; hold->service hold; fail->service failed
service wait | abort->service failed; delete->deleting
service hold | service->servicing; unhold->service wait; fail->service failed
service hold | abort->service failed
service failed | service->servicing; rescue->rescuing; wait->service wait; hold->service hold
service failed | abort->active; delete->deleting
"""


def published() -> dict[tuple[State, Event], State]:
    table = {}
    for line in PUBLISHED.strip().splitlines():
        source, _, rules = line.partition(" | ")
        for rule in rules.split("; "):
            event, _, target = rule.partition("->")
            table[State(source), Event(event)] = State(target)
    return table


def test_there_are_thirty_states_and_ninety_three_transitions():
    assert len(State) == 30
    assert len(RULES) == len(published()) == len({(r.source, r.event) for r in RULES}) == 93


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_each_pair_leads_where_it_should_or_is_refused(state: State, event: Event):
    expected = published().get((state, event))
    if expected is not None:
        assert next_state(state, event) is expected
        return
    with pytest.raises(TransitionRefused) as refusal:
        next_state(state, event)
    assert all(possible in refusal.value.message for possible in verbs_from(state))


def test_every_state_can_be_reached_and_left():
    assert {rule.target for rule in RULES} | {State.ENROLL} == set(State)
    assert {rule.source for rule in RULES} == set(State)
