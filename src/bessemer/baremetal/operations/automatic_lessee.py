"""Who gets a node on lease by deploying it; the end of the instance ends such a lease."""

from dataclasses import replace

from bessemer.baremetal.domain.node import AUTOMATIC_LESSEE, Node
from bessemer.baremetal.settings import BareMetalSettings, LesseeSource
from bessemer.context import RequestContext


def leased(node: Node, context: RequestContext, settings: BareMetalSettings) -> Node:
    """The node with a lessee, if it has none and the source of lessees names a project."""
    project = _project(node, context, settings.automatic_lessee_source)
    if node.lessee is not None or not project:
        return node
    return replace(node.with_internal(**{AUTOMATIC_LESSEE: True}), lessee=project)


def _project(node: Node, context: RequestContext, source: LesseeSource) -> str | None:
    match source:
        case LesseeSource.INSTANCE:
            named = node.instance_info.get("project_id")
            return named if isinstance(named, str) else None
        case LesseeSource.REQUEST:
            return context.project_id
        case LesseeSource.NONE:
            return None
