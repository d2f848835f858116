"""The filters, in the order in which they are asked: each names why a node will not do, or None."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.baremetal.public import NodeView
from bessemer.compute.scheduler.operators import matches
from bessemer.compute.scheduler.requirements import (
    Requirements,
    normalised_architecture,
    normalised_class,
)

Check = Callable[[NodeView, Requirements], str | None]


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition, under the name that Nova gives to its kind."""

    name: str
    check: Check


def properties_of(node: NodeView) -> dict[str, str]:
    """`properties` with its `capabilities` string ("a:b,c:d") taken apart, all values as text."""
    flat = {k: str(v) for k, v in node.properties.items() if k != "capabilities" and v is not None}
    return flat | capabilities_of_node(node)


def capabilities_of_node(node: NodeView) -> dict[str, str]:
    """The `capabilities` property: "a:b,c:d", or an object."""
    raw = node.properties.get("capabilities") or ""
    if isinstance(raw, Mapping):
        return {str(name): str(value) for name, value in raw.items()}
    pairs = (item.split(":", 1) for item in str(raw).split(",") if ":" in item)
    return {name.strip(): value.strip() for name, value in pairs}


def _asked_for(node: NodeView, wanted: Requirements) -> str | None:
    if wanted.node is not None and wanted.node not in (node.uuid, node.name):
        return f"not the node asked for ({wanted.node})"
    return None


def _not_tried(node: NodeView, wanted: Requirements) -> str | None:
    return "taken by another request" if node.uuid in wanted.excluded else None


def _not_retired(node: NodeView, _wanted: Requirements) -> str | None:
    return "retired" if node.retired else None


def _not_in_maintenance(node: NodeView, _wanted: Requirements) -> str | None:
    return "in maintenance" if node.maintenance else None


def _free(node: NodeView, _wanted: Requirements) -> str | None:
    return "carrying another server" if node.instance_uuid else None


def _available(node: NodeView, _wanted: Requirements) -> str | None:
    if node.provision_state == "available":
        return None
    return f"not available ({node.provision_state})"


def _power_known(node: NodeView, _wanted: Requirements) -> str | None:
    if node.power_state in ("power on", "power off"):
        return None
    return "without a known power state"


def _resource_class(node: NodeView, wanted: Requirements) -> str | None:
    missing = sorted(wanted.resource_classes - {normalised_class(node.resource_class)})
    return f"not of resource class {' and '.join(missing)}" if missing else None


def _capabilities(node: NodeView, wanted: Requirements) -> str | None:
    have = properties_of(node)
    lacking = [
        f"{name}={requirement}"
        for name, requirement in sorted(wanted.capabilities.items())
        if not matches(have.get(name), requirement)
    ]
    return f"lacking capability {', '.join(lacking)}" if lacking else None


def _traits_required(node: NodeView, wanted: Requirements) -> str | None:
    missing = sorted(wanted.traits_required - node.traits)
    return f"lacking trait {', '.join(missing)}" if missing else None


def _traits_forbidden(node: NodeView, wanted: Requirements) -> str | None:
    unwanted = sorted(wanted.traits_forbidden & node.traits)
    return f"having forbidden trait {', '.join(unwanted)}" if unwanted else None


def _image_architecture(node: NodeView, wanted: Requirements) -> str | None:
    have = properties_of(node).get("cpu_arch")
    if wanted.image_architecture is None or have is None:
        return None
    if normalised_architecture(have) == normalised_architecture(wanted.image_architecture):
        return None
    return f"of another architecture than the image ({wanted.image_architecture})"


def _image_hypervisor(_node: NodeView, wanted: Requirements) -> str | None:
    if wanted.image_hypervisor in (None, "", "baremetal"):
        return None
    return f"bare metal, but the image is for {wanted.image_hypervisor}"


FILTERS: Final = (
    Filter("RequestedNodeFilter", _asked_for),
    Filter("RetryFilter", _not_tried),
    Filter("ComputeFilter", _not_retired),
    Filter("ComputeFilter", _not_in_maintenance),
    Filter("ComputeFilter", _free),
    Filter("ComputeFilter", _available),
    Filter("ComputeFilter", _power_known),
    Filter("ResourceClassFilter", _resource_class),
    Filter("ComputeCapabilitiesFilter", _capabilities),
    Filter("TraitsFilter", _traits_required),
    Filter("TraitsFilter", _traits_forbidden),
    Filter("ImagePropertiesFilter", _image_architecture),
    Filter("ImagePropertiesFilter", _image_hypervisor),
)
