"""Why DHCP for a network is not in force."""

from bessemer.errors import BessemerError


class DhcpFailure(BessemerError):
    """The network's DHCP server cannot do its part now; the message says why. Tried again later."""
