"""Who may do what in the compute room: one table of rules by their names in Nova."""

from typing import Final

from bessemer.web.policies import MEMBERS, READERS, Rules, Who

_ADMIN: Final = Who.ADMIN

# fmt: off
RULES: Final[Rules] = {
    "os_compute_api:servers:index":                 READERS,
    "os_compute_api:servers:detail":                READERS,
    "os_compute_api:servers:show":                  READERS,
    "os_compute_api:servers:timeline":              READERS,
    "os_compute_api:servers:create":                MEMBERS,
    "os_compute_api:servers:update":                MEMBERS,
    "os_compute_api:servers:delete":                MEMBERS,
    "os_compute_api:servers:action":                MEMBERS,
    "os_compute_api:ips:index":                     READERS,
    "os_compute_api:server-metadata:index":         READERS,
    "os_compute_api:os-attach-interfaces":          READERS,
    "os_compute_api:os-volumes-attachments:index":  READERS,
    "os_compute_api:os-instance-actions:list":      READERS,
    "os_compute_api:os-instance-actions:show":      READERS,
    "os_compute_api:flavors":                       READERS,
    "os_compute_api:os-flavor-manage:create":       _ADMIN,
    "os_compute_api:os-flavor-manage:update":       _ADMIN,
    "os_compute_api:os-flavor-manage:delete":       _ADMIN,
    "os_compute_api:os-flavor-extra-specs:index":   READERS,
    "os_compute_api:os-flavor-extra-specs:show":    READERS,
    "os_compute_api:os-flavor-extra-specs:create":  _ADMIN,
    "os_compute_api:os-flavor-extra-specs:update":  _ADMIN,
    "os_compute_api:os-flavor-extra-specs:delete":  _ADMIN,
    "os_compute_api:os-hypervisors:list":           _ADMIN,
    "os_compute_api:os-hypervisors:list-detail":    _ADMIN,
    "os_compute_api:os-hypervisors:statistics":     _ADMIN,
    "os_compute_api:os-hypervisors:show":           _ADMIN,
    "os_compute_api:os-services:list":              _ADMIN,
    "os_compute_api:os-availability-zone:list":     READERS,
    "os_compute_api:os-availability-zone:detail":   _ADMIN,
    "os_compute_api:os-keypairs:index":             READERS,
    "os_compute_api:os-keypairs:show":              READERS,
    "os_compute_api:os-keypairs:create":            MEMBERS,
    "os_compute_api:os-keypairs:delete":            MEMBERS,
    "os_compute_api:limits":                        READERS,
    "os_compute_api:extensions":                    READERS,
}
# fmt: on
