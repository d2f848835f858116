"""Which disk gets the image: the operator's hints, or the smallest one that is large enough."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from bessemer_agent.command_failed import DiskUnsuitable, InvalidParameters
from bessemer_agent.disks.disk import Disk

GIB = 1 << 30
SMALLEST_BYTES = 4 * GIB
HINTS = ("model", "vendor", "serial", "size", "wwn", "wwn_with_extension", "wwn_vendor_extension",
         "rotational", "hctl", "name", "by_path")  # fmt: skip
NUMERIC = frozenset({"size"})
TRUE_WORDS, FALSE_WORDS = (
    frozenset({"true", "1", "yes", "on", "t", "y"}),
    frozenset({"false", "0", "no", "off", "f", "n"}),
)

# operator -> comparison of (actual, wanted) as numbers. "=" means "at least", as it always did.
NUMBER_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda actual, wanted: actual >= wanted,
    "==": lambda actual, wanted: actual == wanted,
    "!=": lambda actual, wanted: actual != wanted,
    ">=": lambda actual, wanted: actual >= wanted,
    "<=": lambda actual, wanted: actual <= wanted,
    ">": lambda actual, wanted: actual > wanted,
    "<": lambda actual, wanted: actual < wanted,
}
TEXT_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "s==": lambda actual, wanted: actual == wanted,
    "s!=": lambda actual, wanted: actual != wanted,
    "s>=": lambda actual, wanted: actual >= wanted,
    "s<=": lambda actual, wanted: actual <= wanted,
    "s>": lambda actual, wanted: actual > wanted,
    "s<": lambda actual, wanted: actual < wanted,
    "<in>": lambda actual, wanted: wanted in actual,
}
SPLIT = re.compile(
    r"^\s*(<or>|<in>|<all-in>|<range-in>|s==|s!=|s>=|s<=|s>|s<|==|!=|>=|<=|=|>|<)\s*(.*)$",
    re.DOTALL,
)
RANGE = re.compile(r"^([\[(])\s*(\S+)\s+(\S+)\s*([\])])$")


def choose_root_device(disks: Iterable[Disk], node: Mapping[str, Any]) -> Disk:
    """The disk for the image. Raises DiskUnsuitable, InvalidParameters for a hint with a mistake.

    Hints come from instance_info.root_device, else properties.root_device; without any, the
    smallest disk of at least 4 GiB is taken. Skipped disks are never taken without being named.
    """
    hints = root_device_hints(node)
    candidates = [disk for disk in usable_disks(disks, node, hints) if disk.is_writable]
    if not hints:
        large = [disk for disk in candidates if disk.size_bytes >= SMALLEST_BYTES]
        if not large:
            raise DiskUnsuitable(f"no disk of at least 4 GiB; there are: {_described(candidates)}")
        return min(large, key=lambda disk: (disk.size_bytes, len(disk.name), disk.name))
    for disk in candidates:
        if matches(disk, hints):
            return disk
    raise DiskUnsuitable(
        f"no disk matches the root device hints {dict(hints)}; there are: {_described(candidates)}"
    )


def root_device_hints(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises InvalidParameters: unknown hint names would silently match too much."""
    for part in ("instance_info", "properties"):
        hints = (node.get(part) or {}).get("root_device")
        if hints:
            unknown = [name for name in hints if name not in HINTS]
            if unknown:
                raise InvalidParameters(f"unknown root device hints {unknown}; known: {[*HINTS]}")
            return dict(hints)
    return {}


def usable_disks(
    disks: Iterable[Disk], node: Mapping[str, Any], hints: Mapping[str, Any] | None = None
) -> list[Disk]:
    """Without those that properties.skip_block_devices excludes, unless hints name them."""
    skips = (node.get("properties") or {}).get("skip_block_devices") or []
    kept = []
    for disk in disks:
        skipped = any(matches(disk, skip) for skip in skips)
        if not skipped or (hints and hints.get("name") and matches(disk, {"name": hints["name"]})):
            kept.append(disk)
    return kept


def matches(disk: Disk, hints: Mapping[str, Any]) -> bool:
    """Whether every hint holds. Raises InvalidParameters."""
    return bool(hints) and all(_holds(disk, name, wanted) for name, wanted in hints.items())


def _holds(disk: Disk, name: str, wanted: Any) -> bool:
    if name not in HINTS:
        raise InvalidParameters(f"unknown root device hint {name!r}; known: {[*HINTS]}")
    if name == "rotational":
        return disk.rotational is _truth(wanted)
    if name in NUMERIC:
        return _satisfies(str(disk.size_bytes // GIB), str(wanted), default="==")
    actual = getattr(disk, name)
    return actual is not None and _satisfies(
        str(actual).lower(), unquote(str(wanted)).lower(), default="s=="
    )


def _satisfies(actual: str, expression: str, *, default: str) -> bool:
    found = SPLIT.match(expression)
    operator, wanted = (found[1], found[2].strip()) if found else (default, expression.strip())
    if operator == "<or>":
        return actual in [part.strip() for part in wanted.split("<or>")]
    if operator == "<all-in>":
        return all(word in actual for word in wanted.split())
    if operator == "<range-in>":
        return _in_range(actual, wanted)
    if operator in TEXT_OPERATORS:
        return TEXT_OPERATORS[operator](actual, wanted)
    return NUMBER_OPERATORS[operator](_number(actual), _number(wanted))


def _in_range(actual: str, wanted: str) -> bool:
    """ "[ 10 20 )": brackets include the end, parentheses do not."""
    found = RANGE.match(wanted)
    if not found:
        raise InvalidParameters(f"root device hint: {wanted!r} is no range such as [ 10 20 ]")
    value, low, high = _number(actual), _number(found[2]), _number(found[3])
    above = value >= low if found[1] == "[" else value > low
    return above and (value <= high if found[4] == "]" else value < high)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidParameters(f"root device hint: {text!r} is not a number") from error


def _truth(wanted: Any) -> bool:
    word = str(wanted).strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise InvalidParameters(
            f"root device hint rotational: {wanted!r} is neither true nor false"
        )
    return word in TRUE_WORDS


def _described(disks: list[Disk]) -> str:
    return ", ".join(f"{disk.name} ({disk.size_bytes} bytes)" for disk in disks) or "none"
