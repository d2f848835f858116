"""The roles that a process can have; by default it has them all."""

from enum import StrEnum


class Role(StrEnum):
    """What lives in one place. Everything else works in any process that shares the database."""

    API = "api"
    """Serves the bare metal, compute and network APIs to operators."""

    CONDUCTOR = "conductor"
    """Works on nodes and talks to their hardware; there may be any number of them."""

    COMPUTE = "compute"
    """Builds and deletes servers."""

    NETWORK = "network"
    """Controls switches, serves DHCP, TFTP, and the ramdisk's listener."""

    IMAGE = "image"
    """Keeps the images' bytes, and serves the image API and temporary URLs."""

    IDENTITY = "identity"
    """Serves the identity API, and makes the first administrator."""


SOLE = frozenset({Role.COMPUTE, Role.NETWORK, Role.IMAGE})
"""Roles that one process of a cloud has at a time."""

FOR_OPERATORS = frozenset({Role.API, Role.IMAGE, Role.IDENTITY})
"""Roles that serve something on the operators' listener."""
