"""The image room's Service for `bessemer.web`: all routes below `/image`."""

from bessemer.image.api.bodies import error_body
from bessemer.image.api.data import data_routes
from bessemer.image.api.images import image_routes
from bessemer.image.api.info import ROUTES as INFO_ROUTES
from bessemer.image.api.policies import RULES
from bessemer.image.api.schemas import ROUTES as SCHEMA_ROUTES
from bessemer.image.service import EmbeddedImages
from bessemer.web.routes import Service


def image_api(images: EmbeddedImages) -> Service:
    """Glance's API v2."""
    routes = (
        *INFO_ROUTES,
        *SCHEMA_ROUTES,
        *image_routes(images.catalogue),
        *data_routes(images),
    )
    return Service("image", "/image", routes, error_body, rules=RULES)
