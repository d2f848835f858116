"""What the table of `make bench` says of two measured sides."""

import pytest
from bench.aims import AIMS, Aim, Side, cpu_table, table

FASTER = Side("ours", {"get_node": {"ops_per_s": 1000.0, "count": 10, "server_cpu_s": 0.01}})
SLOWER = Side("theirs", {"get_node": {"ops_per_s": 100.0, "count": 10, "server_cpu_s": 0.1}})


def aim(work: str) -> Aim:
    return next(each for each in AIMS if each.work.startswith(work))


@pytest.mark.parametrize(
    ("work", "ours", "theirs", "met"),
    [
        ("GET a node", 1000.0, 100.0, True),
        ("GET a node", 999.0, 100.0, False),
        ("memory when idle", 25.0, 100.0, True),
        ("memory when idle", 26.0, 100.0, False),
        ("first answer", 0.9, 0.1, True),
        ("first answer", 1.1, 9.0, False),
        ("heartbeats, 8 at once, p99", 99.0, None, True),
    ],
)
def test_an_aim_is_met_or_missed(work: str, ours: float, theirs: float | None, met: bool):
    assert aim(work).met(ours, theirs) is met


def test_nothing_is_said_of_what_was_not_measured():
    assert aim("GET a node").met(None, 100.0) is None
    assert aim("GET a node").met(100.0, None) is None


def test_the_table_shows_both_sides_and_their_ratio():
    assert "| GET a node, per second | 1,000.0 | 100.0 | 10.00 | 10 x | met |" in table(
        FASTER, SLOWER
    )


def test_the_cpu_of_a_request_is_shown_beside_the_peers():
    assert "| get_node | 1.00 | 10.00 | 10.0 x less |" in cpu_table(FASTER, SLOWER)
