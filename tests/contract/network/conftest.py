"""The real switch, for the drivers that speak to one."""

from tests.integration.network.conftest import switch

__all__ = ["switch"]
