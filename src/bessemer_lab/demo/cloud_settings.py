"""The settings under which `bessemer serve` runs a rack: a TOML file made from the rack."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bessemer_lab.lab import Lab
from bessemer_lab.rack import PARKED_VLAN

_TEMPLATE: Final = """\
# Made from the rack file; `bessemer settings --config THIS` explains every line.
[server]
port = {port}
state_directory = "{state}"
network_namespace = "{namespace}"

[network]
host_interface = "tor-{{vlan}}"
{switches}
[baremetal]
deploy_kernel = "{kernel}"
deploy_ramdisk = "{ramdisk}"
{extra}"""

_SWITCH: Final = """
[network.switches.{name}]
driver = "openvswitch"
switch_id = "{mac}"
ovsdb = "unix:{ovsdb}"
bridge = "{name}"
parked_vlan = {parked}
"""


@dataclass(frozen=True, slots=True)
class Boot:
    """The deploy ramdisk that `make ramdisk` built."""

    kernel: Path
    initramfs: Path


def settings_for(lab: Lab, state: Path, boot: Boot, port: int = 6385, extra: str = "") -> str:
    """TOML for a cloud that serves `lab`; `extra` is added to the section `[baremetal]`."""
    switches = "".join(
        _SWITCH.format(name=each.name, mac=each.mac, ovsdb=lab.ovsdb, parked=PARKED_VLAN)
        for each in lab.rack.switches
    )
    return _TEMPLATE.format(
        port=port,
        state=state,
        namespace=lab.namespace,
        switches=switches,
        kernel=boot.kernel,
        ramdisk=boot.initramfs,
        extra=extra,
    )
