"""What every console plug-in must do."""

import pytest

from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.interfaces.console import ConsoleInterface
from bessemer.errors import Conflict


class ConsoleContract:
    """Subclasses give the fixtures `console` and `node`."""

    async def test_it_has_an_address_while_it_runs(
        self, console: ConsoleInterface, node: Node
    ) -> None:
        for _ in range(2):
            await console.start_console(node)
        found = await console.get_console(node)
        assert found.type
        assert "://" in found.url
        for _ in range(2):
            await console.stop_console(node)
        with pytest.raises(Conflict, match=node.uuid):
            await console.get_console(node)

    async def test_it_has_none_before_it_was_started(
        self, console: ConsoleInterface, node: Node
    ) -> None:
        with pytest.raises(Conflict, match=node.uuid):
            await console.get_console(node)
