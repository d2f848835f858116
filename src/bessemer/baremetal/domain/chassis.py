"""A chassis: an enclosure that several nodes share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Chassis:
    """One enclosure, for the operators' own order; nothing is ever done to it."""

    uuid: str
    description: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
