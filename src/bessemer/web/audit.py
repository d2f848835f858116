"""The audit trail: one log line for every request that changes something, or would have."""

from typing import Final

import structlog

from bessemer.context import RequestContext
from bessemer.web.routes import Access, Route, Service

log = structlog.get_logger()

READING: Final = frozenset({"GET", "HEAD"})


def note(service: Service, route: Route, path: str, context: RequestContext, status: int) -> None:
    """Write down who asked for what and what came of it: `audit.done`, `.refused` or `.failed`.

    `rule` is the policy's name, which tells the kind of change apart; `path` names the thing. Routes
    that nobody logs in for (machines under deployment) are left out.
    """
    if route.method in READING or route.access is Access.PUBLIC:
        return
    log.info(
        _outcome(status),
        service=service.name,
        rule=route.policy,
        method=route.method,
        path=path,
        status=status,
        user=context.user_id,
        user_name=context.user_name,
        project=context.project_id,
    )


def _outcome(status: int) -> str:
    if status < 400:
        return "audit.done"
    return "audit.refused" if status < 500 else "audit.failed"
