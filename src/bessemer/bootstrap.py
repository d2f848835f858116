"""Settings in, application out: the only place that knows all rooms."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette

from bessemer.baremetal.api.operators import baremetal_services, openapi, reference
from bessemer.baremetal.api.ramdisk import ramdisk_service
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.drivers import catalogue
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.anaconda.service import installer_service
from bessemer.baremetal.drivers.ipmi.clients import IpmiClients
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.discovery_boot import (
    NO_NODE,
    check_discovery_boot,
    discovery_boot,
)
from bessemer.baremetal.drivers.ipxe.service import FindBootConfig, ramdisk_boot_service
from bessemer.baremetal.drivers.users_urls import Bounds
from bessemer.baremetal.drivers.volumes.cinder_session import CinderSession
from bessemer.baremetal.service import EmbeddedBareMetal
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.baremetal.store.fake_machines import FakeMachines
from bessemer.bus.bus import Bus
from bessemer.bus.memory import MemoryBus
from bessemer.compute.api.service import compute_api
from bessemer.compute.service import EmbeddedCompute
from bessemer.context import admin_context
from bessemer.db.engine import open_database
from bessemer.db.upgrade import upgrade
from bessemer.errors import ConfigurationError
from bessemer.identity.api.service import identity_api
from bessemer.identity.service import EmbeddedIdentity
from bessemer.image.api.object_store import object_store_service
from bessemer.image.api.service import image_api
from bessemer.image.public import ImageService
from bessemer.image.service import EmbeddedImages
from bessemer.json_types import JsonObject
from bessemer.network.api.service import network_services
from bessemer.network.service import EmbeddedNetwork, remove_leftovers
from bessemer.roles import Role
from bessemer.settings import Settings
from bessemer.sole_roles import RoleTaken, sole_roles
from bessemer.state_directory import prepare_state_directory
from bessemer.web.authentication import Authenticate, by_token, noauth
from bessemer.web.basic_authentication import by_password_file
from bessemer.web.cors import cors
from bessemer.web.dispatch import application
from bessemer.web.health import health_route
from bessemer.web.keystone import Keystone


class Room(Protocol):
    """What is at work in one role."""

    async def start(self) -> None:
        """Take the role up."""

    async def stop(self) -> None:
        """Lay it down in good order; nothing happens when it was not taken up."""


class Cloud:
    """Every room, put together in one process; those of our roles are at work there.

    `operators_app` is the API for people and their tools; `ramdisk_app` is all that a machine under
    deployment may reach.
    """

    operators_app: Starlette
    ramdisk_app: Starlette

    def __init__(self, settings: Settings) -> None:
        check_discovery_boot(settings.baremetal)
        state = settings.server.state_directory
        prepare_state_directory(state)
        self._settings = settings
        self._database = database = open_database(settings.database_url, settings.database)
        self._sole_roles = sole_roles(database, settings)
        self._bus = bus = _bus(settings)
        self._agents = agents = AgentClient()
        self._ipmi = ipmi = IpmiClients(settings.baremetal)
        volumes = settings.baremetal.cinder
        self._cinder = CinderSession(volumes) if volumes is not None else None
        asked = settings.authentication.keystone
        self._keystone = Keystone(asked) if asked is not None else None
        identity = EmbeddedIdentity(database, settings.identity, state)
        images = EmbeddedImages(database, settings.image, state)
        network = EmbeddedNetwork(
            database, bus, settings.network, state, settings.baremetal.ramdisk_port
        )
        hardware = catalogue.registry(
            settings.baremetal,
            network,
            images,
            agents,
            ipmi,
            FakeMachines(database),
            state / "image-cache",
            self._cinder,
        )
        baremetal = EmbeddedBareMetal(
            database, bus, hardware, settings.baremetal, state, _hostname(settings)
        )
        compute = EmbeddedCompute(database, bus, settings.compute, baremetal, network, images)
        self._images, self._baremetal = images, baremetal
        self._rooms: dict[Role, Room] = {
            Role.IDENTITY: identity,
            Role.IMAGE: images,
            Role.NETWORK: network,
            Role.CONDUCTOR: baremetal,
            Role.COMPUTE: compute,
        }
        object_store = object_store_service(images)
        served = {
            Role.API: (
                *baremetal_services(baremetal.desk),
                *network_services(network.means),
                compute_api(compute),
            ),
            Role.IDENTITY: (
                identity_api(identity, legacy_admin=settings.authentication.legacy_admin),
            ),
            Role.IMAGE: (image_api(images), object_store),
        }
        self.operators_app = application(
            [
                each
                for role, these in served.items()
                if role in settings.server.roles
                for each in these
            ],
            _authenticate(settings, identity, self._keystone),
            around=cors(settings.cors),
            beside=[health_route({"database": database.check, "bus": bus.check})],
        )
        self.ramdisk_app = application(
            (
                ramdisk_service(baremetal.desk),
                ramdisk_boot_service(
                    _boot_configs(baremetal.find_node, settings.baremetal),
                    _boot_images(images, settings.baremetal),
                    network.programs.find,
                    Bounds.of(settings.baremetal),
                ),
                installer_service(
                    baremetal.find_node,
                    baremetal.find_kickstart,
                    _boot_images(images, settings.baremetal),
                ),
                object_store,
            ),
            _nobody(),
        )

    @property
    def openapi(self) -> JsonObject:
        """The OpenAPI document of the bare metal API."""
        return openapi(self._baremetal.desk)

    @property
    def reference(self) -> str:
        """The reference page of the bare metal API, in Markdown."""
        return reference(self._baremetal.desk)

    async def start(self) -> None:
        """Bring the database up to date and take up our roles, the ones that others need first.

        Raises ConfigurationError; RoleTaken when another process has one that only one may have.
        """
        await upgrade(self._database)
        await self._take_sole_roles()
        await self._images.prepare()
        await self._baremetal.prepare()
        await self._bus.start()
        for role, room in self._rooms.items():
            if role in self._settings.server.roles:
                await room.start()

    @property
    def dispossessed(self) -> asyncio.Event:
        """Set when another process has taken roles of ours that only one may have."""
        return self._sole_roles.lost

    async def stop(self) -> None:
        """Stop in good order, the last started first."""
        for room in reversed(self._rooms.values()):
            await room.stop()
        await self._sole_roles.give_back()
        await self._bus.close()
        await self._agents.close()
        self._ipmi.close()
        for session in (self._keystone, self._cinder):
            if session is not None:
                await session.close()
        await self._database.close()

    async def _take_sole_roles(self) -> None:
        """Who may not serve DHCP any more, lets nothing of it go on that a killed self left."""
        try:
            await self._sole_roles.take()
        except RoleTaken:
            if Role.NETWORK in self._settings.server.roles:
                with suppress(ConfigurationError):  # the folder is somebody else's
                    await remove_leftovers(
                        self._settings.network, self._settings.server.state_directory
                    )
            raise


def _bus(settings: Settings) -> Bus:
    url = settings.bus.url
    if url is None:
        return MemoryBus()
    from bessemer.bus.rabbitmq import RabbitBus  # a big library, loaded only where it is used

    return RabbitBus(url.get_secret_value())


def _hostname(settings: Settings) -> str:
    """As leases name us: a conductor's restart frees what is held in its name, and no more."""
    host = settings.baremetal.conductor_host
    return host if Role.CONDUCTOR in settings.server.roles else f"api@{host}"


def _authenticate(
    settings: Settings, identity: EmbeddedIdentity, keystone: Keystone | None
) -> Authenticate:
    asked = settings.authentication
    match asked.strategy, asked.htpasswd_file, keystone:
        case "http_basic", Path() as file, _:
            return by_password_file(file, settings.cors.allowed_origin)
        case "keystone", _, Keystone():
            url = str(asked.keystone and asked.keystone.url)
            return by_token(keystone.validate, url, legacy_admin=asked.legacy_admin)
        case "identity", _, _:
            return by_token(identity.validate_token, legacy_admin=asked.legacy_admin)
        case "noauth", _, _:
            return noauth(settings.cors.allowed_origin)
        case _:
            raise ConfigurationError(f"authentication.strategy {asked.strategy} is not set up.")


def _nobody() -> Authenticate:
    async def no_token(_token: str) -> None:
        return None

    return by_token(no_token)


def _boot_images(
    images: ImageService, settings: BareMetalSettings
) -> Callable[[str, str], Awaitable[str]]:
    async def url_of(image_id: str, listener: str) -> str:
        return await images.temporary_url(
            admin_context(), image_id, base_url=listener, lifetime=settings.image_url_lifetime
        )

    return url_of


def _boot_configs(
    find_node: Callable[[str], Awaitable[Node | None]], settings: BareMetalSettings
) -> FindBootConfig:
    async def find(mac_or_uuid: str, listener: str) -> BootConfig | None:
        node = None if mac_or_uuid == NO_NODE else await find_node(mac_or_uuid)
        return discovery_boot(settings, listener) if node is None else BootConfig.of(node)

    return find
