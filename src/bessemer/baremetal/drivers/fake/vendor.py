"""Vendor methods of fake machines: one of each sort."""

from collections.abc import Mapping
from typing import Any, Final

import structlog

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.drivers.fake.play import ask_bmc
from bessemer.baremetal.drivers.fake.plugin import FakePlugin
from bessemer.baremetal.interfaces.vendor import VendorInterface, driver_passthru, passthru
from bessemer.errors import Invalid
from bessemer.json_types import Json

log = structlog.get_logger()

LONGEST: Final = 1024


class FakeVendor(FakePlugin, VendorInterface):
    """Named "fake"."""

    def validate_method(self, node: Node, method: str, body: Mapping[str, Any]) -> None:
        if method == "remember":
            _text_of(body)

    def driver_validate(self, method: str, body: Mapping[str, Any]) -> None:
        if method == "ping" and body:
            raise Invalid("The vendor method ping takes no arguments.")
        if method == "note":
            _text_of(body)

    @passthru("POST", description="Let the machine remember `text`.")
    async def remember(self, node: Node, body: Mapping[str, Any]) -> Json:
        """Answered before it is done."""
        await self._remember(node, "text", _text_of(body))

    @passthru(
        "GET",
        async_call=False,
        require_exclusive_lock=False,
        description="What the machine was told to remember.",
    )
    async def recall(self, node: Node, body: Mapping[str, Any]) -> Json:
        """Answered with what is known."""
        return {"text": await self._recall(node, "text")}

    @passthru("POST", "PUT", method="echo", async_call=False, description="Returns its arguments.")
    async def say_again(self, node: Node, body: Mapping[str, Any]) -> Json:
        """Answered with the request's body."""
        ask_bmc(node)
        return dict(body)

    @driver_passthru("GET", async_call=False, description="Sees that the driver is there.")
    async def ping(self, body: Mapping[str, Any]) -> Json:
        """Answered with a word."""
        return {"pong": True}

    @driver_passthru("POST", description="Writes `text` into the log.")
    async def note(self, body: Mapping[str, Any]) -> Json:
        """Answered before it is done."""
        log.info("fake.note", text=_text_of(body))


def _text_of(body: Mapping[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or len(text) > LONGEST:
        raise Invalid(f"This vendor method needs text: a string of at most {LONGEST} characters.")
    return text
