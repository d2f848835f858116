"""What Bessemer aims at beside Ironic, and how near two measured sides come to it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Steps = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Side:
    """One server's figures. Memory in MB (resident), times in seconds."""

    label: str
    api: Steps = field(default_factory=dict)
    pages: Steps = field(default_factory=dict)
    life: Mapping[str, Any] = field(default_factory=dict)
    memory_idle_mb: float | None = None
    memory_after_mb: float | None = None
    start_s: float | None = None

    def figure(self, path: Sequence[str]) -> float | None:
        """As `("api", "get_node", "ops_per_s")` says; None when it was not measured."""
        found: Any = getattr(self, path[0])
        for name in path[1:]:
            found = found.get(name) if isinstance(found, Mapping) else None
        return None if found is None else float(found)


@dataclass(frozen=True, slots=True)
class Aim:
    """One row: `at_least` or `at_most` so many times Ironic's figure, or `under` a figure."""

    work: str
    path: tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None
    under: float | None = None

    def met(self, ours: float | None, theirs: float | None) -> bool | None:
        """None when a figure is missing."""
        if ours is None:
            return None
        if self.under is not None:
            return ours < self.under
        if theirs is None:
            return None
        if self.at_least is not None:
            return ours >= self.at_least * theirs
        return ours <= (self.at_most or 1.0) * theirs

    @property
    def words(self) -> str:
        """The aim itself."""
        if self.under is not None:
            return f"under {self.under:g}"
        return f"{self.at_least:g} x" if self.at_least is not None else f"{self.at_most:g} x"


def _speed(work: str, step: str) -> Aim:
    return Aim(f"{work}, per second", ("api", step, "ops_per_s"), at_least=10)


def _nodes(work: str, kind: str, step: str) -> Aim:
    """By the nodes shown: the two sides may hold different numbers of them."""
    return Aim(f"{work}, nodes per second", (kind, step, "nodes_per_s"), at_least=10)


AIMS: Final = (
    _speed("GET a node", "get_node"),
    _speed("GET a node, five fields", "get_node_fields"),
    _nodes("list 100", "api", "list_100"),
    _nodes("list 100, five fields", "api", "list_100_fields"),
    _nodes("list 100 in detail", "api", "list_100_detail"),
    _nodes("list 1000", "api", "list_1000"),
    _nodes("list 1000, five fields", "api", "list_1000_fields"),
    _nodes("list 1000 in detail", "api", "list_1000_detail"),
    _nodes("page all", "pages", "page_all"),
    _nodes("page all, five fields", "pages", "page_all_fields"),
    _nodes("page all in detail", "pages", "page_all_detail"),
    _speed("create a node", "create_node"),
    _speed("create a port", "create_port"),
    _speed("patch a node", "patch_node"),
    _speed("set traits", "set_traits"),
    _speed("allocate", "allocation"),
    _speed("delete a node", "delete_node"),
    _speed("heartbeats, 8 at once", "heartbeat_c8"),
    _speed("heartbeats, 64 at once", "heartbeat_c64"),
    Aim("heartbeats, 8 at once, p99 in ms", ("api", "heartbeat_c8", "p99_ms"), under=100),
    Aim("heartbeats, 64 at once, p99 in ms", ("api", "heartbeat_c64", "p99_ms"), under=100),
    Aim("life cycles, nodes per minute", ("life", "nodes_per_minute"), at_least=10),
    Aim("memory when idle, MB", ("memory_idle_mb",), at_most=0.25),
    Aim("memory after the load, MB", ("memory_after_mb",), at_most=0.25),
    Aim("first answer after the start, s", ("start_s",), under=1),
)


def table(ours: Side, theirs: Side) -> str:
    """Both sides and their ratio, in Markdown."""
    head = f"| work | {ours.label} | {theirs.label} | ratio | aim | |"
    rows = (_row(each, ours, theirs) for each in AIMS)
    return "\n".join([head, "|---|--:|--:|--:|---|---|", *rows])


def cpu_table(ours: Side, theirs: Side) -> str:
    """Milliseconds of the servers' CPU per request, of lists per 100 nodes shown.

    What a busy machine distorts least.
    """
    steps = dict.fromkeys(each.path[:2] for each in AIMS if each.path[0] in {"api", "pages"})
    rows = []
    for step in steps:
        one, other = _cpu_ms(ours, step), _cpu_ms(theirs, step)
        ratio = f"{other / one:.1f} x less" if one and other else ""
        rows.append(f"| {step[1]} | {_ms(one)} | {_ms(other)} | {ratio} |")
    head = f"| CPU ms | {ours.label} | {theirs.label} | |"
    return "\n".join([head, "|---|--:|--:|--:|", *rows])


def _cpu_ms(side: Side, step: tuple[str, ...]) -> float | None:
    used, done = side.figure((*step, "server_cpu_s")), side.figure((*step, "count"))
    nodes_per_s, wall_s = side.figure((*step, "nodes_per_s")), side.figure((*step, "wall_s"))
    if nodes_per_s is not None and wall_s is not None:
        done = nodes_per_s * wall_s / 100
    return None if used is None or not done else used * 1000 / done


def _ms(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.2f}"


def _row(aim: Aim, ours: Side, theirs: Side) -> str:
    one, other = ours.figure(aim.path), theirs.figure(aim.path)
    ratio = f"{one / other:.2f}" if one is not None and other else ""
    verdict = {True: "met", False: "missed", None: ""}[aim.met(one, other)]
    return f"| {aim.work} | {_shown(one)} | {_shown(other)} | {ratio} | {aim.words} | {verdict} |"


def _shown(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.1f}"
