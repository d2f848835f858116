"""The present moment, always aware and in UTC; the one place that reads the wall clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def iso8601(moment: datetime | None) -> str | None:
    """Timestamps as the OpenStack APIs spell them: `2026-01-31T12:00:00+00:00`."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
