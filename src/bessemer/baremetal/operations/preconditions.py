"""What must hold of a node before a verb is accepted, besides its provision state."""

from collections.abc import Callable
from typing import Final

from bessemer.baremetal.domain.node import InterfaceKind, Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.provision.states import Event
from bessemer.baremetal.domain.volume import Volumes
from bessemer.baremetal.interfaces.registry import NodeInterfaces
from bessemer.baremetal.operations.boot_from_volume import boots_from_volume, check_volume_boot
from bessemer.baremetal.operations.provision_request import ProvisionRequest
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import BessemerError, Forbidden, Invalid


class NodeInMaintenance(Invalid):
    """Work on a node in maintenance is refused."""


class NodeProtected(Forbidden):
    """The node's operator protects it from being rebuilt or deleted."""


Check = Callable[[Node, ProvisionRequest, BareMetalSettings], None]

_IMAGES: Final = ("image_source", "boot_iso", "ks_template", "kernel")
LONGEST_PASSWORD: Final = 72
"""Bytes; what bcrypt takes."""


def check(event: Event, node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    """Raises NodeInMaintenance, NodeProtected, Invalid, with the rule and the way out."""
    for rule in _RULES.get(event, ()):
        rule(node, request, settings)


def check_interfaces(
    interfaces: NodeInterfaces,
    node: Node,
    ports: tuple[Port, ...],
    volumes: Volumes,
    kinds: tuple[InterfaceKind, ...],
) -> None:
    """Raises Invalid, naming the interface and what it lacks."""
    for kind in kinds:
        try:
            validate(interfaces, kind, node, ports, volumes)
        except BessemerError as error:
            raise Invalid(
                f"Failed to validate {kind} interface of node {node.uuid}: {error.message}"
            ) from error


def validate(
    interfaces: NodeInterfaces,
    kind: InterfaceKind,
    node: Node,
    ports: tuple[Port, ...],
    volumes: Volumes,
) -> None:
    """A plug-in's own word, and what it needs of the others. Raises Invalid."""
    if kind is InterfaceKind.DEPLOY and boots_from_volume(interfaces, node, volumes):
        check_volume_boot(node, interfaces.boot)  # there is no image that a deploy interface checks
        return
    interfaces.of(kind).validate(node, ports)
    if kind is InterfaceKind.NETWORK:
        interfaces.network.validate_power(node, interfaces.power)
    if kind is InterfaceKind.DEPLOY:
        interfaces.deploy.validate_boot(node, interfaces.boot)
    if kind is InterfaceKind.STORAGE:
        interfaces.storage.validate_volumes(node, volumes)


def check_instance(event: Event, interfaces: NodeInterfaces, node: Node, volumes: Volumes) -> None:
    """Raises Invalid for a rebuild of what is neither on a volume nor made from an image."""
    if event is not Event.REBUILD or boots_from_volume(interfaces, node, volumes):
        return
    if not any(node.instance_info.get(key) for key in _IMAGES):
        raise Invalid(
            f"Node {node.uuid} can not be rebuilt: its instance_info names no image (image_source)."
        )


def _not_in_maintenance(node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    if node.maintenance:
        raise NodeInMaintenance(
            f"Node {node.uuid} is in maintenance ({node.maintenance_reason or 'no reason given'}); "
            f"when it is well again: openstack baremetal node maintenance unset {node.uuid}."
        )


def _not_in_maintenance_if_so_set(
    node: Node, request: ProvisionRequest, settings: BareMetalSettings
) -> None:
    if not settings.allow_provisioning_in_maintenance:
        _not_in_maintenance(node, request, settings)


def _not_protected(node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    if node.protected:
        raise NodeProtected(f"Node {node.uuid} is protected and can not be undeployed or rebuilt.")


def _not_retired(node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    if node.retired:
        raise Invalid(f"Node {node.uuid} is retired and can not be provided.")


def _has_the_traits(node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    wanted = node.instance_info.get("traits") or []
    if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted):
        raise Invalid(f"instance_info/traits of node {node.uuid} must be a list of strings.")
    missing = sorted(set(wanted) - node.traits)
    if missing:
        raise Invalid(
            f"Node {node.uuid} lacks traits that its instance_info/traits asks for: "
            f"{', '.join(missing)}."
        )


def _boots_in_an_allowed_mode(
    node: Node, request: ProvisionRequest, settings: BareMetalSettings
) -> None:
    mode = node.wanted_boot_mode or node.boot_mode or settings.default_boot_mode
    if mode in settings.disallowed_deployment_boot_modes:
        raise Invalid(
            f"Node {node.uuid} boots in mode {mode}, in which nothing may be deployed here "
            "(setting baremetal.disallowed_deployment_boot_modes)."
        )


def _has_steps(node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    if not request.steps and request.runbook is None:
        raise Invalid(
            f"Target {request.target} needs {request.target}_steps (not empty) or a runbook."
        )


def _has_a_password(node: Node, request: ProvisionRequest, settings: BareMetalSettings) -> None:
    password = request.rescue_password
    if password is None or not password.reveal().strip():
        raise Invalid("Target rescue needs rescue_password, and not an empty one.")
    if len(password.reveal().encode()) > LONGEST_PASSWORD:
        raise Invalid(f"rescue_password is longer than {LONGEST_PASSWORD} bytes.")


_DEPLOYING: Final[tuple[Check, ...]] = (
    _not_in_maintenance,
    _has_the_traits,
    _boots_in_an_allowed_mode,
)
_RULES: Final[dict[Event, tuple[Check, ...]]] = {
    Event.DEPLOY: _DEPLOYING,
    Event.REBUILD: (_not_protected, *_DEPLOYING),
    Event.DELETE: (_not_protected,),
    Event.PROVIDE: (_not_in_maintenance_if_so_set, _not_retired),
    Event.CLEAN: (_not_in_maintenance, _has_steps),
    Event.RESCUE: (_not_in_maintenance, _has_a_password),
    Event.UNRESCUE: (_not_in_maintenance,),
    Event.SERVICE: (_not_in_maintenance, _has_steps),
}
