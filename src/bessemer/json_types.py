"""The types of decoded JSON."""

from collections.abc import Mapping
from typing import Any

Json = Any
JsonObject = Mapping[str, Any]
