"""The table of an image's statuses; every pair that is not in it is refused."""

import itertools

import pytest

from bessemer.image.domain.image import RULES, Event, Status, TransitionRefused, next_status

ALLOWED = {(rule.status, rule.event): rule.target for rule in RULES}


@pytest.mark.parametrize(("status", "event"), list(itertools.product(Status, Event)))
def test_every_pair(status, event):
    if (status, event) in ALLOWED:
        assert next_status(status, event) is ALLOWED[status, event]
    else:
        with pytest.raises(TransitionRefused, match=status):
            next_status(status, event)


def test_the_way_of_an_upload():
    saving = next_status(Status.QUEUED, Event.UPLOAD)
    assert next_status(saving, Event.STORED) is Status.ACTIVE
    assert next_status(saving, Event.REFUSED) is Status.KILLED
    assert next_status(saving, Event.INTERRUPTED) is Status.QUEUED


def test_nothing_leads_out_of_killed():
    assert not [rule for rule in RULES if rule.status is Status.KILLED]
