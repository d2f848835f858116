"""A flavor: the kind of machine, and in `extra_specs` what the scheduler must look for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Flavor:
    """`ram` and `swap` in MiB, `disk` and `ephemeral` in GiB, as in Nova."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    is_public: bool = True
    description: str | None = None
    extra_specs: Mapping[str, str] = field(default_factory=dict)
