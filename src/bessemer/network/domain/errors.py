"""What the network room refuses, under the names that Neutron's clients know."""

from bessemer.errors import Conflict, Invalid, NotFound


class NetworkNotFound(NotFound):
    """No such network, or not this project's."""


class SubnetNotFound(NotFound):
    """No such subnet, or not this project's."""


class PortNotFound(NotFound):
    """No such port, or not this project's."""


class ResourceNotFound(NotFound):
    """No such thing of a kind that this cloud does not make."""


class NetworkInUse(Conflict):
    """Ports are still on the network."""


class SubnetInUse(Conflict):
    """Ports still have addresses of the subnet."""


class VlanIdInUse(Conflict):
    """Another network owns this segment."""


class NoNetworkAvailable(Conflict):
    """Every VLAN that tenants may have is taken."""


class MacAddressInUse(Conflict):
    """Another port of the network has this MAC."""


class IpAddressInUse(Conflict):
    """Another port has this address."""


class IpAddressGenerationFailure(Conflict):
    """The subnet has no free address."""


class PortBound(Conflict):
    """The port is bound; unbind it first."""


class SwitchPortTaken(Conflict):
    """Another network port is on this switch port."""


class OverlappingSubnet(Conflict):
    """Another subnet of the network covers some of these addresses."""


class InvalidInput(Invalid):
    """The request makes no sense as it stands."""
