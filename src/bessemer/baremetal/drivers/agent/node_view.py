"""A node and its NICs as commands hand them to the agent: what it needs, and no secret."""

from collections.abc import Mapping
from typing import Any

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.domain.port import Port
from bessemer.baremetal.domain.secret import Secret, is_secret_key

_NOT_FOR_THE_AGENT = frozenset(
    {"boot_config", "configdrive", "image_url", "agent_verify_ca", "last_agent"}
)


def node_and_ports(node: Node, ports: tuple[Port, ...]) -> dict[str, Any]:
    """Parameters `node` and `ports` of every step command (ironic-python-agent's deploy, clean).

    The BMC's address and credentials stay here: of driver_info only the `agent_*` knobs go out.
    """
    knobs = {k: v for k, v in node.driver_info.items() if k.startswith("agent_")}
    return {
        "node": {
            "uuid": node.uuid,
            "name": node.name,
            "driver": node.driver,
            "properties": without_secrets(node.properties),
            "instance_info": without_secrets(node.instance_info),
            "driver_info": without_secrets(knobs),
            "driver_internal_info": without_secrets(node.driver_internal_info),
        },
        "ports": [_port(port) for port in ports],
    }


def without_secrets(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping without secrets, at any depth."""
    return {
        key: _cleaned(item)
        for key, item in value.items()
        if not isinstance(item, Secret) and not is_secret_key(key) and key not in _NOT_FOR_THE_AGENT
    }


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value if not isinstance(item, Secret)]
    return value


def _port(port: Port) -> dict[str, Any]:
    return {
        "uuid": port.uuid,
        "address": port.address,
        "pxe_enabled": port.pxe_enabled,
        "local_link_connection": dict(port.local_link_connection),
    }
