"""Network interface `flat`: all machines on one network; the tenant's port serves for deploying, too."""

from collections.abc import Set
from typing import ClassVar

from bessemer.baremetal.drivers.neutron.by_ports import NetworkByPorts
from bessemer.baremetal.drivers.neutron.links import UNSWITCHED, Wiring
from bessemer.baremetal.interfaces.boot import Purpose


class FlatNetwork(NetworkByPorts):
    """Named "flat". No switch is configured: networks must be of type flat, cabling is no matter."""

    boots_over_tenants: ClassVar[bool] = True
    wiring: ClassVar[Wiring] = UNSWITCHED
    own_ports: ClassVar[Set[Purpose]] = frozenset({Purpose.CLEANING, Purpose.INSPECTION})
