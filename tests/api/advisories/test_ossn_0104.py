"""OSSN-0104: without a conductor's address the agent asked the network by multicast, where any neighbour
could adopt the machine. Ours works for whom its kernel command line names, and for nobody else."""

import pytest

from bessemer_agent.kernel_parameters import parse


@pytest.mark.parametrize(
    "line", ["", "quiet", "ipa-api-url=", "ipa-api-url=mdns", "ipa-api-url=//x"]
)
def test_whoever_is_not_named_is_not_asked(line):
    assert parse(line).api_urls == ()


def test_whoever_is_named_is():
    assert parse("ipa-api-url=https://10.1.0.2:6386").api_urls == ("https://10.1.0.2:6386",)
