"""A network: a broadcast domain on one segment."""

from dataclasses import dataclass
from datetime import datetime

from bessemer.network.domain.segment import Segment


@dataclass(frozen=True, slots=True)
class Network:
    """As stored. `revision` grows with every change."""

    id: str
    name: str
    project_id: str
    segment: Segment
    mtu: int
    created_at: datetime
    updated_at: datetime
    description: str = ""
    admin_state_up: bool = True
    shared: bool = False
    external: bool = False
    revision: int = 1
