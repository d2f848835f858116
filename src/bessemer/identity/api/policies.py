"""Who may do what in the identity room: one table of rules by their names in Keystone."""

from typing import Final

from bessemer.web.policies import ADMIN_OR_AUDITOR, Rules, Who

_ADMIN, _ANYBODY = Who.ADMIN, Who.ANYBODY

# fmt: off
RULES: Final[Rules] = {
    "identity:list_users":             ADMIN_OR_AUDITOR,
    "identity:get_user":               _ANYBODY,
    "identity:list_user_projects":     _ANYBODY,
    "identity:create_user":            _ADMIN,
    "identity:update_user":            _ADMIN,
    "identity:delete_user":            _ADMIN,
    "identity:list_projects":          ADMIN_OR_AUDITOR,
    "identity:get_project":            _ANYBODY,
    "identity:create_project":         _ADMIN,
    "identity:update_project":         _ADMIN,
    "identity:delete_project":         _ADMIN,
    "identity:list_roles":             ADMIN_OR_AUDITOR,
    "identity:get_role":               ADMIN_OR_AUDITOR,
    "identity:create_role":            _ADMIN,
    "identity:delete_role":            _ADMIN,
    "identity:list_role_assignments":  ADMIN_OR_AUDITOR,
    "identity:list_grants":            ADMIN_OR_AUDITOR,
    "identity:check_grant":            ADMIN_OR_AUDITOR,
    "identity:create_grant":           _ADMIN,
    "identity:revoke_grant":           _ADMIN,
    "identity:list_domains":           _ANYBODY,
    "identity:get_domain":             _ANYBODY,
    "identity:create_domain":          _ADMIN,
    "identity:list_services":          ADMIN_OR_AUDITOR,
    "identity:list_endpoints":         ADMIN_OR_AUDITOR,
    "identity:list_regions":           _ANYBODY,
}
"""Who asks about themselves or their own project is judged by the handler."""
# fmt: on
