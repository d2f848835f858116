"""Runs the filters over all nodes: who may carry the server, and in words why nobody else may."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bessemer.baremetal.public import NodeView
from bessemer.compute.scheduler.filters import FILTERS
from bessemer.compute.scheduler.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Rejection:
    """How many nodes a filter removed for one reason."""

    filter: str
    reason: str
    nodes: int


@dataclass(frozen=True, slots=True)
class Selection:
    """`candidates`: best first."""

    candidates: tuple[NodeView, ...]
    rejections: tuple[Rejection, ...]
    considered: int

    @property
    def words(self) -> str:
        """`4 nodes: 3 are not available (active, cleaning), 1 is lacking capability …`."""
        if not self.considered:
            return "no node is enrolled"
        head = _counted(self.considered, "node", "nodes")
        parts = [
            f"{item.nodes} {'is' if item.nodes == 1 else 'are'} {item.reason}"
            for item in _merged(self.rejections)
        ]
        if self.candidates:
            parts.append(f"{len(self.candidates)} will do")
        return f"{head}: {', '.join(parts)}"


def select(nodes: Sequence[NodeView], wanted: Requirements, seed: str) -> Selection:
    """Filter all nodes. `seed` spreads requests over equal nodes, so that they seldom collide."""
    candidates: list[NodeView] = []
    rejected: Counter[tuple[str, str]] = Counter()
    for node in nodes:
        verdict = _verdict(node, wanted)
        if verdict is None:
            candidates.append(node)
        else:
            rejected[verdict] += 1
    candidates.sort(key=lambda node: hashlib.sha256(f"{seed}{node.uuid}".encode()).digest())
    rejections = (Rejection(*verdict, count) for verdict, count in rejected.items())
    return Selection(tuple(candidates), tuple(rejections), len(nodes))


def _verdict(node: NodeView, wanted: Requirements) -> tuple[str, str] | None:
    for item in FILTERS:
        reason = item.check(node, wanted)
        if reason is not None:
            return item.name, reason
    return None


def _merged(rejections: Sequence[Rejection]) -> list[Rejection]:
    """`not available (active)` and `not available (cleaning)` are told as one, most nodes first."""
    merged: dict[str, tuple[int, list[str]]] = {}
    for item in rejections:
        head, _, inner = item.reason.partition(" (")
        mergeable = head == "not available"
        key = head if mergeable else item.reason
        count, inners = merged.get(key, (0, []))
        merged[key] = (count + item.nodes, [*inners, inner.rstrip(")")] if mergeable else inners)
    told = [
        Rejection("", f"{reason} ({', '.join(sorted(inners))})" if inners else reason, count)
        for reason, (count, inners) in merged.items()
    ]
    return sorted(told, key=lambda item: -item.nodes)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
