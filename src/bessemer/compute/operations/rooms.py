"""What the operations work with: the database, the neighbours' services, this room's settings."""

from dataclasses import dataclass

from bessemer.baremetal.public import BareMetalService
from bessemer.compute.domain.server import Server
from bessemer.compute.settings import ComputeSettings
from bessemer.context import RequestContext, RequestId, admin_context
from bessemer.db.engine import Database
from bessemer.image.public import ImageService
from bessemer.network.public import NetworkService


@dataclass(frozen=True, slots=True)
class Rooms:
    """Handed to every operation."""

    database: Database
    baremetal: BareMetalService
    network: NetworkService
    images: ImageService
    settings: ComputeSettings


def context_of(server: Server) -> RequestContext:
    """The cloud itself, acting under the request that is being carried out."""
    return admin_context(RequestId(server.work_request_id or server.request_id))
