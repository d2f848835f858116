"""From settings to switch drivers, and from a cable's description to the switch at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bessemer.network.domain.errors import InvalidInput
from bessemer.network.public import LocalLink
from bessemer.network.settings import SwitchSettings
from bessemer.network.switches.driver import SwitchDriver
from bessemer.network.switches.fake import FakeSwitch


def _openvswitch(name: str, s: SwitchSettings) -> SwitchDriver:
    from bessemer.network.switches.openvswitch import OpenVSwitch  # a big library, loaded if used

    return OpenVSwitch(name, s.ovsdb, s.bridge, s.timeout, s.parked_vlan)


_DRIVERS: Final[Mapping[str, Callable[[str, SwitchSettings], SwitchDriver]]] = {
    "openvswitch": _openvswitch,
    "fake": lambda name, s: FakeSwitch(name, vlan=s.parked_vlan),
}


@dataclass(frozen=True, slots=True)
class Switch:
    """A configured switch and its driver."""

    name: str
    switch_id: str
    parked_vlan: int
    driver: SwitchDriver


def make_switches(settings: Mapping[str, SwitchSettings]) -> dict[str, Switch]:
    """One Switch per table in the settings."""
    return {
        name: Switch(name, s.switch_id.lower(), s.parked_vlan, _DRIVERS[s.driver](name, s))
        for name, s in settings.items()
    }


def switch_of(switches: Mapping[str, Switch], link: LocalLink) -> Switch:
    """The switch that a link names: by `switch_id`, else by `switch_info` as its configured name.

    Raises InvalidInput that names what is configured.
    """
    found = next((s for s in switches.values() if link.switch_id == s.switch_id), None)
    found = found or switches.get(link.switch_info)
    if found is None:
        known = ", ".join(f"{s.name} ({s.switch_id})" for s in switches.values()) or "none"
        raise InvalidInput(
            f"No switch with switch_id {link.switch_id!r} or name {link.switch_info!r} is under "
            f"control; configured: {known}. Correct the port's local_link_connection, or add a "
            "table [network.switches.<name>] to the settings."
        )
    return found
