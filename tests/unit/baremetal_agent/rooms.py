"""The image and the network room as these tests need them: in memory, by their public protocols."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from bessemer.context import RequestContext
from bessemer.errors import NotFound
from bessemer.image.public import ImageView
from bessemer.network.public import (
    DhcpOption,
    NetworkView,
    PortStatus,
    PortView,
    SubnetView,
    SwitchFailure,
)

IMAGE = ImageView(
    id="0a5c7c5e-6e0c-4f0e-9d1e-0d6a1d0c8b11",
    name="debian",
    status="active",
    disk_format="qcow2",
    container_format="bare",
    size=300 * 1024**2,
    virtual_size=2 * 1024**3,
    checksum="d41d8cd98f00b204e9800998ecf8427e",
    os_hash_algo="sha512",
    os_hash_value="ab" * 64,
)


@dataclass
class SomeImages:
    """Images by id and name."""

    images: dict[str, ImageView] = field(default_factory=lambda: {IMAGE.id: IMAGE})
    urls_made: int = 0

    async def get_image(self, context: RequestContext, ident: str) -> ImageView:
        for image in self.images.values():
            if ident in (image.id, image.name):
                return image
        raise NotFound(f"No image found with ID {ident}")

    async def temporary_url(
        self, context: RequestContext, image_id: str, *, base_url: str, lifetime: timedelta
    ) -> str:
        self.urls_made += 1
        seconds = round(lifetime.total_seconds())
        return f"{base_url}/v1/temp/{image_id}?temp_url_sig=5f&temp_url_expires={seconds}"


def a_network(name: str, address: str | None) -> NetworkView:
    subnet = SubnetView("s1", "172.30.0.0/24", None, True, service_address=address)
    return NetworkView(f"id-of-{name}", name, 100, 1500, (subnet,))


@dataclass
class SomeNetworks:
    """One network per name; ports whose DHCP options can be looked at."""

    networks: dict[str, NetworkView] = field(
        default_factory=lambda: {
            name: a_network(name, f"172.30.{number}.1")
            for number, name in enumerate(("provisioning", "cleaning", "inspection"))
        }
    )
    ports: dict[str, PortView] = field(default_factory=dict)
    options: dict[str, tuple[DhcpOption, ...]] = field(default_factory=dict)
    confirmed: list[str] = field(default_factory=list)
    switch_is_deaf: bool = False

    def with_port(self, port_id: str, network: str) -> "SomeNetworks":
        view = PortView(
            port_id, f"id-of-{network}", "52:54:00:00:00:01", PortStatus.ACTIVE, (), "", ()
        )
        return replace(self, ports={**self.ports, port_id: view})

    async def get_network(self, context: RequestContext, ident: str) -> NetworkView:
        for network in self.networks.values():
            if ident in (network.id, network.name):
                return network
        raise NotFound(f"Network {ident} could not be found.")

    async def get_port(self, context: RequestContext, port_id: str) -> PortView:
        try:
            return self.ports[port_id]
        except KeyError:
            raise NotFound(f"Port {port_id} could not be found.") from None

    async def set_dhcp_options(
        self, context: RequestContext, port_id: str, options: tuple[DhcpOption, ...]
    ) -> None:
        self.options[port_id] = options

    async def wait_until_active(self, port_id: str, timeout: timedelta) -> PortView:
        if self.switch_is_deaf:
            raise SwitchFailure("The switch reads back VLAN 4094 on eth1.")
        self.confirmed.append(port_id)
        return self.ports[port_id]
