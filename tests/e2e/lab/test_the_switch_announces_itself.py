"""LLDP as a machine's NIC receives it."""

from tests.e2e.lab.cable import plugged_in

from bessemer_lab.lab import Lab
from bessemer_lab.lldp import frame


def test_each_port_learns_its_own_name(shared_lab: Lab) -> None:
    switch = shared_lab.rack.switches[0]
    with plugged_in(shared_lab, "swp3") as third, plugged_in(shared_lab, "swp4") as fourth:
        assert third.hears(b"\x88\xcc", 5) == frame(switch.mac, switch.name, "swp3")
        assert fourth.hears(b"\x88\xcc", 5) == frame(switch.mac, switch.name, "swp4")
