"""Structured logs: one line per event, with the request id that the work belongs to."""

import logging
import sys
from typing import Final, Literal

import structlog

LONGEST_VALUE: Final = 2000
"""Characters of one value in a log line; callers of the API choose some of them."""


def configure(level: str, style: Literal["console", "json"]) -> None:
    """Set up structlog and send the standard library's logging through it, to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tamed,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # never the rich one: it prints local variables, and with them passwords and tokens
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    with_errors = [structlog.processors.format_exc_info] if style == "json" else []
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *with_errors,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("uvicorn.access", "alembic", "aiosqlite", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for twice in ("aiormq", "aio_pika"):  # the bus itself says that a connection was lost
        logging.getLogger(twice).setLevel(logging.CRITICAL)


def _tamed(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Texts without control characters and not without end: others' words cannot forge lines."""
    return {
        name: _tame(value) if isinstance(value, str) else value for name, value in event.items()
    }


def _tame(text: str) -> str:
    shown = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
    if shown.isprintable():
        return shown
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in shown
    )
