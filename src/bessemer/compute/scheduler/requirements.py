"""What a request needs of a node, read from the flavor's extra_specs and the image's properties."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bessemer.compute.domain.flavor import Flavor

ARCHITECTURES: Final = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64", "i386": "i686"}
"""Other names of the same thing, as image properties and node properties spell them."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The conditions of one request. `capabilities`: name -> value or expression."""

    resource_classes: frozenset[str] = frozenset()
    capabilities: Mapping[str, str] = field(default_factory=dict)
    traits_required: frozenset[str] = frozenset()
    traits_forbidden: frozenset[str] = frozenset()
    image_architecture: str | None = None
    image_hypervisor: str | None = None
    node: str | None = None
    excluded: frozenset[str] = frozenset()


def requirements_of(
    flavor: Flavor,
    image_properties: Mapping[str, str],
    node: str | None = None,
    excluded: frozenset[str] = frozenset(),
) -> Requirements:
    """Read them. `excluded`: nodes that were tried for this request already."""
    specs = flavor.extra_specs
    traits = _traits(image_properties) | _traits(specs)
    return Requirements(
        resource_classes=frozenset(
            name.removeprefix("resources:")
            for name, amount in specs.items()
            if name.startswith("resources:CUSTOM_") and amount.strip() != "0"
        ),
        capabilities=capabilities_of(specs),
        traits_required=frozenset(n for n, how in traits.items() if how == "required"),
        traits_forbidden=frozenset(n for n, how in traits.items() if how == "forbidden"),
        image_architecture=image_properties.get("hw_architecture")
        or image_properties.get("architecture"),
        image_hypervisor=image_properties.get("img_hv_type")
        or image_properties.get("hypervisor_type"),
        node=node,
        excluded=excluded,
    )


def capabilities_of(specs: Mapping[str, str]) -> dict[str, str]:
    """`capabilities:x` and names without any scope (`cpu_arch`); other scopes are others' business."""
    scoped = {
        name.removeprefix("capabilities:"): value
        for name, value in specs.items()
        if name.startswith("capabilities:")
    }
    return {name: value for name, value in specs.items() if ":" not in name} | scoped


def normalised_class(resource_class: str | None) -> str | None:
    """`baremetal.Gold` -> `CUSTOM_BAREMETAL_GOLD`, as Nova reports it to Placement."""
    if not resource_class:
        return None
    return f"CUSTOM_{re.sub(r'[^A-Z0-9]', '_', resource_class.upper())}"


def normalised_architecture(name: str) -> str:
    """One spelling per architecture."""
    lower = name.strip().lower()
    return ARCHITECTURES.get(lower, lower)


def _traits(specs: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("trait:"): value.strip().lower()
        for name, value in specs.items()
        if name.startswith("trait:")
    }
