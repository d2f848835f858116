"""`GET /metrics`: what the sensors of all nodes said last, for Prometheus.

Format: Prometheus' text exposition format 0.0.4.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from starlette.responses import Response

from bessemer.baremetal.domain.sensors import SensorReport, measurements
from bessemer.baremetal.operations.desk import Desk
from bessemer.baremetal.operations.sensors import last_reports
from bessemer.web.policies import ADMIN_OR_AUDITOR, Rules
from bessemer.web.routes import Call, Route

METRICS_RULES: Final[Rules] = {"baremetal:metrics": ADMIN_OR_AUDITOR}
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_OTHER: Final = "bessemer_node_sensor"
_READ_AT: Final = "bessemer_node_sensors_read_timestamp_seconds"
_FAILED: Final = "bessemer_node_sensors_failed"
_BY_UNIT: Final[Mapping[str, str]] = {
    "degrees c": "bessemer_node_temperature_celsius",
    "rpm": "bessemer_node_fan_rpm",
    "volts": "bessemer_node_voltage_volts",
    "amps": "bessemer_node_current_amperes",
    "watts": "bessemer_node_power_watts",
    "percent": "bessemer_node_percent",
}
_HELP: Final[Mapping[str, str]] = {
    "bessemer_node_temperature_celsius": "Temperatures, as the BMC reads them.",
    "bessemer_node_fan_rpm": "Speeds of fans.",
    "bessemer_node_voltage_volts": "Voltages.",
    "bessemer_node_current_amperes": "Currents.",
    "bessemer_node_power_watts": "Electrical power.",
    "bessemer_node_percent": "Shares of a whole, as fans' duty cycles.",
    _OTHER: "Numbers in other units, which the label unit names.",
    _READ_AT: "When the sensors were read last.",
    _FAILED: "1 while the last attempt to read the sensors failed.",
}


def metrics_route(desk: Desk) -> Route:
    """For administrators and system readers, where anybody logs in at all."""

    async def show(_call: Call) -> Response:
        found: dict[str, list[str]] = {name: [] for name in _HELP}
        async for uuid, name, report in last_reports(desk.shelves):
            for metric, line in _lines({"node_uuid": uuid, "node": name or ""}, report):
                found[metric].append(line)
        return Response("".join(_page(found)), media_type=MEDIA_TYPE)

    return Route("GET", "/metrics", show, "baremetal:metrics")


def _page(found: Mapping[str, list[str]]) -> Iterator[str]:
    for metric, lines in found.items():
        if lines:
            yield f"# HELP {metric} {_HELP[metric]}\n# TYPE {metric} gauge\n"
            yield from lines


def _lines(node: Mapping[str, str], report: SensorReport) -> Iterator[tuple[str, str]]:
    yield _FAILED, _line(_FAILED, node, int(report.failure is not None))
    if report.read_at is not None:
        yield _READ_AT, _line(_READ_AT, node, report.read_at.timestamp())
    for each in measurements(report.readings):
        metric = _BY_UNIT.get(each.unit.lower(), _OTHER)
        unit = {"unit": each.unit} if metric == _OTHER else {}
        labels = {**node, "kind": each.kind, "sensor": each.sensor, **unit}
        yield metric, _line(metric, labels, each.value)


def _line(metric: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
    return f"{metric}{{{shown}}} {value!r}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
