"""Who may do what: one table of rules by their names in Ironic, and how a caller stands to a thing.

A caller stands to a node (or whatever has an owner) as system, owner, lessee, or stranger, each at
the level of their role; a rule lists the standings that pass it. What Ironic opens by the rules
show_password and show_instance_secrets is closed here to everybody: no code shows a secret.
"""

from collections.abc import Mapping
from enum import Flag, auto
from functools import lru_cache
from pathlib import Path
from typing import Final

from bessemer.baremetal.api.policy_file import Asker, read_policy_file
from bessemer.baremetal.operations.show_nodes import GUARDED
from bessemer.context import RequestContext
from bessemer.web.policies import level
from bessemer.web.routes import Call


class Standing(Flag):
    """How a caller stands to a thing. Higher roles hold the lower standings, too."""

    NOBODY = 0
    ANYBODY = auto()
    """Who calls, logged in or not."""
    SYSTEM_READER = auto()
    SYSTEM_MEMBER = auto()
    SYSTEM_MANAGER = auto()
    SYSTEM_ADMIN = auto()
    SYSTEM_SERVICE = auto()
    """The role service, in system scope."""
    SERVICE_PROJECT = auto()
    """The role service, in the project of the deployment's services (Nova)."""
    OWNER_READER = auto()
    OWNER_MEMBER = auto()
    OWNER_MANAGER = auto()
    OWNER_ADMIN = auto()
    OWNER_SERVICE = auto()
    LESSEE_READER = auto()
    LESSEE_MEMBER = auto()
    LESSEE_MANAGER = auto()
    LESSEE_ADMIN = auto()
    ANY_READER = auto()
    """A reader of whatever project, for lists of what that project may see."""
    ANY_MEMBER = auto()
    ANY_SERVICE = auto()


S = Standing
_SYSTEM: Final = (S.SYSTEM_READER, S.SYSTEM_MEMBER, S.SYSTEM_MANAGER, S.SYSTEM_ADMIN)
_OWNER: Final = (S.OWNER_READER, S.OWNER_MEMBER, S.OWNER_MANAGER, S.OWNER_ADMIN)
_LESSEE: Final = (S.LESSEE_READER, S.LESSEE_MEMBER, S.LESSEE_MANAGER, S.LESSEE_ADMIN)

_SYS_ADMIN: Final = S.SYSTEM_ADMIN
_SYS_MEMBER: Final = S.SYSTEM_MEMBER | S.SERVICE_PROJECT
_SYS_OPERATOR: Final = _SYS_MEMBER | S.SYSTEM_SERVICE
_SYS_READER: Final = S.SYSTEM_READER | S.SYSTEM_SERVICE | S.SERVICE_PROJECT
_READER: Final = _SYS_READER | S.OWNER_READER | S.LESSEE_READER | S.OWNER_SERVICE
_OWNING_READER: Final = _SYS_READER | S.OWNER_READER | S.OWNER_SERVICE
_MEMBER: Final = _SYS_OPERATOR | S.OWNER_MEMBER | S.LESSEE_MEMBER
_OWNING_MEMBER: Final = _SYS_OPERATOR | S.OWNER_MEMBER | S.OWNER_SERVICE
_OPERATOR: Final = _OWNING_MEMBER | S.LESSEE_MANAGER
"""Members of who owns it, managers of who rents it."""
_OWNING_MANAGER: Final = _SYS_OPERATOR | S.OWNER_MANAGER | S.OWNER_SERVICE
_CABLER: Final = _SYS_ADMIN | S.SYSTEM_SERVICE | S.OWNER_MANAGER | S.OWNER_SERVICE
_MANAGER: Final = _OWNING_MANAGER | S.LESSEE_MANAGER
_ANYONE: Final = S.ANY_READER | S.ANY_SERVICE | _SYS_READER
_RUNBOOKS_MANAGER: Final = _SYS_OPERATOR | S.OWNER_MANAGER | S.ANY_SERVICE

# fmt: off
RULES: Final[Mapping[str, Standing]] = {
    "baremetal:node:create":                      _SYS_ADMIN | S.SYSTEM_SERVICE,
    "baremetal:node:create:self_owned_node":      S.OWNER_ADMIN | S.OWNER_SERVICE,
    "baremetal:node:list":                        _ANYONE,
    "baremetal:node:list_all":                    _SYS_READER,
    "baremetal:node:get":                         _READER,
    "baremetal:node:get:filter_threshold":        _SYS_READER,
    "baremetal:node:get:last_error":              _OWNING_READER,
    "baremetal:node:get:reservation":             _OWNING_READER,
    "baremetal:node:get:driver_info":             _OWNING_READER,
    "baremetal:node:get:driver_internal_info":    _OWNING_READER,
    "baremetal:node:update":                      _MEMBER,
    "baremetal:node:update_extra":                _MEMBER,
    "baremetal:node:update_instance_info":        _OPERATOR,
    "baremetal:node:update_owner_provisioned":    _SYS_ADMIN,
    "baremetal:node:update:driver_info":          _OWNING_MEMBER,
    "baremetal:node:update:properties":           _OWNING_MEMBER,
    "baremetal:node:update:chassis_uuid":         _SYS_ADMIN,
    "baremetal:node:update:instance_uuid":        _OWNING_MEMBER,
    "baremetal:node:update:lessee":               _OWNING_MEMBER,
    "baremetal:node:update:owner":                _SYS_MEMBER,
    "baremetal:node:update:driver_interfaces":    _OWNING_MANAGER,
    "baremetal:node:update:network_data":         _OWNING_MEMBER,
    "baremetal:node:update:conductor_group":      _SYS_MEMBER,
    "baremetal:node:update:name":                 _OWNING_MEMBER,
    "baremetal:node:update:retired":              _OWNING_MEMBER,
    "baremetal:node:update:shard":                _SYS_ADMIN,
    "baremetal:node:update:parent_node":          _SYS_MEMBER,
    "baremetal:node:update:disable_power_off":    _SYS_ADMIN,
    "baremetal:node:disable_cleaning":            _SYS_ADMIN,
    "baremetal:node:delete":                      _SYS_ADMIN,
    "baremetal:node:delete:self_owned_node":      S.OWNER_ADMIN,
    "baremetal:node:validate":                    _OPERATOR,
    "baremetal:node:set_maintenance":             _OPERATOR,
    "baremetal:node:clear_maintenance":           _OPERATOR,
    "baremetal:node:get_boot_device":             _OWNING_MANAGER,
    "baremetal:node:set_boot_device":             _OWNING_MANAGER,
    "baremetal:node:get_indicator_state":         _READER,
    "baremetal:node:set_indicator_state":         _OWNING_MEMBER,
    "baremetal:node:inject_nmi":                  _OWNING_MANAGER,
    "baremetal:node:get_states":                  _READER,
    "baremetal:node:set_power_state":             _MEMBER,
    "baremetal:node:set_boot_mode":               _MEMBER,
    "baremetal:node:set_secure_boot":             _MEMBER,
    "baremetal:node:set_provision_state":         _OPERATOR,
    "baremetal:node:set_provision_state:clean_steps":   _OPERATOR,
    "baremetal:node:set_provision_state:service_steps": _OPERATOR,
    "baremetal:node:set_raid_state":              _OWNING_MEMBER,
    "baremetal:node:get_console":                 _OWNING_MEMBER,
    "baremetal:node:set_console_state":           _OWNING_MEMBER,
    "baremetal:node:vif:list":                    _READER,
    "baremetal:node:vif:attach":                  _OPERATOR,
    "baremetal:node:vif:detach":                  _OPERATOR,
    "baremetal:node:traits:list":                 _READER,
    "baremetal:node:traits:set":                  _OWNING_MANAGER,
    "baremetal:node:traits:delete":               _OWNING_MANAGER,
    "baremetal:node:bios:get":                    _READER,
    "baremetal:node:firmware:get":                _READER,
    "baremetal:node:history:get":                 _OWNING_READER,
    "baremetal:node:inventory:get":               _OWNING_READER,
    "baremetal:node:vmedia:get":                  _READER,
    "baremetal:node:vmedia:attach":               _MEMBER,
    "baremetal:node:vmedia:detach":               _MEMBER,
    "baremetal:node:vendor_passthru":             _SYS_ADMIN,
    "baremetal:node:ipa_heartbeat":               S.ANYBODY,
    "baremetal:driver:ipa_lookup":                S.ANYBODY,
    "baremetal:driver:ipa_continue_inspection":   S.ANYBODY,

    "baremetal:port:list":                        _ANYONE,
    "baremetal:port:list_all":                    _SYS_READER,
    "baremetal:port:get":                         _READER,
    "baremetal:port:create":                      _CABLER,
    "baremetal:port:update":                      _OWNING_MANAGER,
    "baremetal:port:delete":                      _CABLER,
    "baremetal:portgroup:list":                   _ANYONE,
    "baremetal:portgroup:list_all":               _SYS_READER,
    "baremetal:portgroup:get":                    _READER,
    "baremetal:portgroup:create":                 _CABLER,
    "baremetal:portgroup:update":                 _OWNING_MANAGER,
    "baremetal:portgroup:delete":                 _CABLER,

    "baremetal:volume:list":                      _ANYONE,
    "baremetal:volume:list_all":                  _SYS_READER,
    "baremetal:volume:get":                       _READER,
    "baremetal:volume:create":                    _MANAGER,
    "baremetal:volume:update":                    _OPERATOR,
    "baremetal:volume:delete":                    _MANAGER,
    "baremetal:volume:view_target_properties":    _SYS_READER | S.OWNER_ADMIN | S.LESSEE_ADMIN,

    "baremetal:chassis:get":                      _SYS_READER,
    "baremetal:chassis:create":                   _SYS_ADMIN,
    "baremetal:chassis:update":                   _SYS_MEMBER,
    "baremetal:chassis:delete":                   _SYS_ADMIN,
    "baremetal:driver:get":                       _SYS_READER,
    "baremetal:driver:get_properties":            _SYS_READER,
    "baremetal:driver:get_raid_logical_disk_properties": _SYS_READER,
    "baremetal:driver:vendor_passthru":           _SYS_ADMIN,
    "baremetal:conductor:get":                    _SYS_READER,
    "baremetal:shards:get":                       _SYS_READER,
    "baremetal:events:post":                      _SYS_ADMIN,

    "baremetal:allocation:list":                  _ANYONE,
    "baremetal:allocation:list_all":              _SYS_READER,
    "baremetal:allocation:get":                   _SYS_READER | S.OWNER_READER,
    "baremetal:allocation:create":                _SYS_MEMBER | S.ANY_MEMBER,
    "baremetal:allocation:create_restricted":     _SYS_MEMBER,
    "baremetal:allocation:update":                _SYS_MEMBER | S.OWNER_MEMBER,
    "baremetal:allocation:delete":                _SYS_MEMBER | S.OWNER_MEMBER,

    "baremetal:deploy_template:get":              _SYS_READER,
    "baremetal:deploy_template:create":           _SYS_ADMIN,
    "baremetal:deploy_template:update":           _SYS_ADMIN,
    "baremetal:deploy_template:delete":           _SYS_ADMIN,
    "baremetal:runbook:list":                     _ANYONE,
    "baremetal:runbook:list_all":                 _SYS_READER,
    "baremetal:runbook:get":                      _SYS_READER | S.OWNER_READER | S.ANY_SERVICE,
    "baremetal:runbook:use":                      _RUNBOOKS_MANAGER,
    "baremetal:runbook:create":                   _SYS_OPERATOR | S.OWNER_MANAGER | S.OWNER_SERVICE,
    "baremetal:runbook:update":                   _RUNBOOKS_MANAGER,
    "baremetal:runbook:update:owner":             _SYS_MEMBER,
    "baremetal:runbook:update:public":            _SYS_MEMBER,
    "baremetal:runbook:delete":                   _RUNBOOKS_MANAGER,
    "baremetal:inspection_rule:list_all":         _SYS_READER,
    "baremetal:inspection_rule:get":              _SYS_READER,
    "baremetal:inspection_rule:create":           _SYS_ADMIN,
    "baremetal:inspection_rule:update":           _SYS_ADMIN,
    "baremetal:inspection_rule:delete":           _SYS_ADMIN,
}
"""Rule -> who passes it."""
# fmt: on


def standing(context: RequestContext, owner: str | None = None, lessee: str | None = None) -> S:
    """How the caller stands to a thing of this owner and lessee (projects' ids)."""
    held = _system(context.roles, context.system_scope, context.service_project)
    project = context.project_id
    if project is None:
        return held
    reached, service = level(context.roles), "service" in context.roles
    held |= _anywhere(reached, service)
    if owner == project:
        held |= _up_to(_OWNER, reached) | (S.OWNER_SERVICE if service else S.NOBODY)
    if lessee == project:
        held |= _up_to(_LESSEE, reached)
    return held


class Policies:
    """The rules in force: the table's, unless the operators' file (if any) has its own.

    Raises ConfigurationError for a file that makes no sense.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._own = read_policy_file(file, RULES, self.passes) if file is not None else {}

    def passes(self, rule: str, asker: Asker, more: Standing = S.NOBODY) -> bool:
        """Whether the caller passes just this rule; `more`: what they stand as besides.

        A rule that the table does not have is for system administrators.
        """
        own = self._own.get(rule)
        if own is not None:
            return own.passes(asker)
        held = standing(asker.context, asker.owner, asker.lessee) | more
        return bool(held & RULES.get(rule, S.SYSTEM_ADMIN))

    def allows(self, rule: str, asker: Asker, more: Standing = S.NOBODY) -> bool:
        """Whether they pass it, or its form for what their own project owns."""
        of_own = f"{rule}:self_owned_node"
        return self.passes(rule, asker, more) or (
            of_own in RULES and self.passes(of_own, asker, more)
        )

    def who(self, rule: str) -> str:
        """Who passes the rule, in words."""
        if rule in self._own:
            return self._own[rule].text
        passing = RULES.get(rule, S.SYSTEM_ADMIN)
        return ", ".join(str(each.name).lower().replace("_", " ") for each in passing)

    def is_own(self, rule: str) -> bool:
        """Whether the operators' file has it."""
        return rule in self._own


def hidden_from(call: Call, owner: str | None, lessee: str | None) -> frozenset[str]:
    """Which of a node's guarded fields are kept from the caller."""
    if call.permits("baremetal:node:get:filter_threshold", owner, lessee):
        return frozenset()
    return frozenset(
        name for name in GUARDED if not call.permits(f"baremetal:node:get:{name}", owner, lessee)
    )


@lru_cache(maxsize=256)
def _system(roles: frozenset[str], scope: bool, service_project: bool) -> Standing:
    held = S.ANYBODY | (_up_to(_SYSTEM, level(roles)) if scope else S.NOBODY)
    if "service" in roles:
        held |= S.SYSTEM_SERVICE if scope else S.NOBODY
        held |= S.SERVICE_PROJECT if service_project else S.NOBODY
    return held


def _anywhere(reached: int, service: bool) -> Standing:
    return (
        (S.ANY_READER if reached >= 1 else S.NOBODY)
        | (S.ANY_MEMBER if reached >= 2 else S.NOBODY)
        | (S.ANY_SERVICE if service else S.NOBODY)
    )


@lru_cache(maxsize=64)
def _up_to(ladder: tuple[Standing, ...], reached: int) -> Standing:
    held = S.NOBODY
    for each in ladder[:reached]:
        held |= each
    return held
