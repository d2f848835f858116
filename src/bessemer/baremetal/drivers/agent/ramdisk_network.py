"""Where a ramdisk reaches us: the listener's URL on the network that the ramdisk runs on."""

from dataclasses import dataclass

from bessemer.baremetal.interfaces.boot import Purpose
from bessemer.baremetal.interfaces.network import booting
from bessemer.baremetal.interfaces.task import Task
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.network.public import NetworkError, NetworkService, NetworkView


@dataclass(frozen=True, slots=True)
class Listener:
    """Our own address on a ramdisk's network; it serves DHCP, TFTP and HTTP."""

    address: str
    port: int

    @property
    def url(self) -> str:
        """Without a trailing slash."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}"


async def find_listener(
    task: Task, network: NetworkService, settings: BareMetalSettings, purpose: str
) -> Listener:
    """On the network that the node's NICs are on, else the one that settings name for `purpose`.

    Raises NotFound, Conflict, NetworkError.
    """
    attached = next(iter(await booting(task, purpose)), None)
    if attached is not None:
        ident = (await network.get_port(task.context, attached)).network_id
    else:
        named = task.node.driver_info.get(f"{Purpose(purpose)}_network")
        ident = str(named or getattr(settings.networks, Purpose(purpose)))
    return listener_on(await network.get_network(task.context, ident), settings)


def listener_on(view: NetworkView, settings: BareMetalSettings) -> Listener:
    """Our listener on this network. Raises NetworkError where we have no address."""
    return Listener(_service_address(view), settings.ramdisk_port)


def _service_address(view: NetworkView) -> str:
    for subnet in view.subnets:
        if subnet.service_address:
            return subnet.service_address
    raise NetworkError(
        f"Network {view.name} has no subnet with an address of ours: a ramdisk there could reach "
        f"nobody. Add one with DHCP (`openstack subnet create --network {view.name} …`)."
    )
