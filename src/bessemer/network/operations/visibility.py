"""Who may see what: a project sees its own things and shared networks; an administrator sees all."""

import sqlalchemy as sa

from bessemer.context import RequestContext
from bessemer.network.store.networks import Where
from bessemer.network.store.tables import networks, ports, subnets


def visible_networks(context: RequestContext) -> Where:
    """The condition of being visible to who asks."""
    if context.is_admin:
        return []
    return [(networks.c.project_id == _own(context)) | networks.c.shared]


def visible_subnets(context: RequestContext) -> Where:
    """Own subnets, and those of visible networks."""
    if context.is_admin:
        return []
    seen = sa.select(networks.c.id).where(*visible_networks(context))
    return [(subnets.c.project_id == _own(context)) | subnets.c.network_id.in_(seen)]


def visible_ports(context: RequestContext) -> Where:
    """Own ports, and every port on an own network."""
    if context.is_admin:
        return []
    own = sa.select(networks.c.id).where(networks.c.project_id == _own(context))
    return [(ports.c.project_id == _own(context)) | ports.c.network_id.in_(own)]


def may_change(context: RequestContext, project_id: str) -> bool:
    """Only the owner and administrators change things."""
    return context.is_admin or project_id == _own(context)


def _own(context: RequestContext) -> str:
    return context.project_id or ""
