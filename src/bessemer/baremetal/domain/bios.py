"""A BIOS setting: its value, and what the firmware's registry says of the values it may take."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class BiosSetting:
    """One setting of one node, as it was last read. None: the registry does not say.

    `attribute_type` as Redfish spells it: Enumeration, String, Integer, Boolean, Password.
    """

    name: str
    value: str | None = None
    attribute_type: str | None = None
    allowable_values: tuple[str, ...] | None = None
    lower_bound: int | None = None
    upper_bound: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    read_only: bool | None = None
    reset_required: bool | None = None
    unique: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
