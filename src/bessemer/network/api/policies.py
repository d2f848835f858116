"""Who may do what in the network room: one table of rules by their names in Neutron."""

from typing import Final

from bessemer.network.api.discovery import EMPTY
from bessemer.web.policies import MEMBERS, READERS, Rules

# fmt: off
RULES: Final[Rules] = {
    "get_network":     READERS,
    "create_network":  MEMBERS,
    "update_network":  MEMBERS,
    "delete_network":  MEMBERS,
    "get_subnet":      READERS,
    "create_subnet":   MEMBERS,
    "update_subnet":   MEMBERS,
    "delete_subnet":   MEMBERS,
    "get_port":        READERS,
    "create_port":     MEMBERS,
    "update_port":     MEMBERS,
    "delete_port":     MEMBERS,
    "get_quota":       READERS,
    "get_extensions":  READERS,
    **{f"get_{name}":  READERS for _path, name in EMPTY},
}
"""Attributes that only administrators and services may set are in the tables of attributes."""
# fmt: on
