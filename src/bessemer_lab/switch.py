"""The rack's switches: Open vSwitch with its user-space datapath, one bridge per switch."""

import json
import shutil
from pathlib import Path
from typing import Final

from bessemer_lab import namespace
from bessemer_lab.layout import Layout
from bessemer_lab.programs import run
from bessemer_lab.rack import PARKED_VLAN, Rack

SCHEMA: Final = Path("/usr/share/openvswitch/vswitch.ovsschema")


def start_daemons(rack: Rack, layout: Layout, environment: dict[str, str]) -> None:
    """Start ovsdb-server and ovs-vswitchd in the rack's namespace; return when both serve.

    Their database, sockets, pid files and logs are all in the state directory.
    """
    folder = layout.switch
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The bridges' management sockets go where OVS_RUNDIR says; there is no option for it.
    environment = {**environment, "OVS_RUNDIR": str(folder), "OVS_LOGDIR": str(folder)}
    run(["ovsdb-tool", "create", str(folder / "conf.db"), str(SCHEMA)])
    daemons = (
        ["ovsdb-server", str(folder / "conf.db"), f"--remote=punix:{layout.ovsdb}"],
        ["ovs-vswitchd", f"unix:{layout.ovsdb}"],
    )
    for argv in daemons:
        run(
            namespace.enter(rack.namespace, [*argv, *_daemon_options(folder, argv[0])]), environment
        )
        if argv[0] == "ovsdb-server":
            run([*_vsctl(layout), "--no-wait", "init"])


def _daemon_options(folder: Path, name: str) -> list[str]:
    return [
        "--detach",
        "--no-chdir",
        f"--pidfile={folder / name}.pid",
        f"--unixctl={folder / name}.ctl",
        f"--log-file={folder / name}.log",
        "-vconsole:off",
    ]


def configure(rack: Rack, layout: Layout) -> None:
    """Make bridges, machine ports and uplinks, in one transaction, and wait until they are real."""
    run([*_vsctl(layout), *_transaction(rack)])


def _transaction(rack: Rack) -> list[str]:
    words: list[str] = []
    for switch in rack.switches:
        words += ["--", "--may-exist", "add-br", switch.name]
        words += ["--", "set", "bridge", switch.name, "datapath_type=netdev"]
        words += [f'other_config:hwaddr="{switch.mac}"']
    for nic in (nic for machine in rack.machines for nic in machine.nics):
        words += ["--", "--may-exist", "add-port", nic.switch, nic.port, f"tag={nic.vlan}"]
        words += ["--", "set", "port", nic.port, f"protected={_truth(nic.vlan == PARKED_VLAN)}"]
    core = rack.switches[0].name
    for vlan in rack.vlans:
        words += ["--", "--may-exist", "add-port", core, vlan.uplink, f"tag={vlan.id}"]
        words += ["--", "set", "interface", vlan.uplink, "type=internal"]
    for number, switch in enumerate(rack.switches[1:], start=1):
        words += _trunk(core, switch.name, number)
    return words


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _trunk(core: str, leaf: str, number: int) -> list[str]:
    ends = ((core, f"down{number}", f"up{number}"), (leaf, f"up{number}", f"down{number}"))
    words: list[str] = []
    for bridge, port, peer in ends:
        words += ["--", "--may-exist", "add-port", bridge, port]
        words += ["--", "set", "interface", port, "type=patch", f"options:peer={peer}"]
    return words


def port_tags(layout: Layout) -> dict[str, int]:
    """The VLAN tag of every port that has one, read back from the switch."""
    answer = run([*_vsctl(layout), "--format=json", "--columns=name,tag", "list", "port"])
    rows = json.loads(answer)["data"]
    return {name: tag for name, tag in rows if isinstance(tag, int)}


def _vsctl(layout: Layout) -> list[str]:
    return ["ovs-vsctl", f"--db=unix:{layout.ovsdb}", "--timeout=20"]
