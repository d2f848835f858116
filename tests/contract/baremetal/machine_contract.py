"""What a management plug-in that can do everything must do, beyond boot devices."""

import pytest

from bessemer.baremetal.domain.management import (
    BootMode,
    Health,
    IndicatorComponent,
    IndicatorState,
    MediaDevice,
)
from bessemer.baremetal.domain.node import Node
from bessemer.baremetal.interfaces.management import ManagementInterface
from bessemer.errors import Invalid, NotFound

IMAGE = "http://images.test/a.iso"


class MachineContract:
    """Subclasses give the fixtures `management` and `node`: a machine that was just delivered."""

    async def test_every_supported_boot_mode_reads_back(
        self, management: ManagementInterface, node: Node
    ) -> None:
        assert await management.get_boot_mode(node) in BootMode
        for mode in management.supported_boot_modes(node):
            await management.set_boot_mode(node, mode)
            assert await management.get_boot_mode(node) is mode

    async def test_secure_boot_reads_back_and_needs_uefi(
        self, management: ManagementInterface, node: Node
    ) -> None:
        await management.set_boot_mode(node, BootMode.BIOS)
        with pytest.raises(Invalid, match="uefi"):
            await management.set_secure_boot(node, True)
        await management.set_boot_mode(node, BootMode.UEFI)
        for on in (True, False):
            await management.set_secure_boot(node, on)
            assert await management.get_secure_boot(node) is on

    async def test_sensors_are_told_by_kind_and_id(
        self, management: ManagementInterface, node: Node
    ) -> None:
        readings = await management.get_sensors_data(node)
        assert readings
        assert all(said for sensors in readings.values() for said in sensors.values())

    async def test_an_nmi_may_be_injected_again(
        self, management: ManagementInterface, node: Node
    ) -> None:
        for _ in range(2):
            await management.inject_nmi(node)

    async def test_every_state_of_every_indicator_reads_back(
        self, management: ManagementInterface, node: Node
    ) -> None:
        for component, lights in (await management.get_supported_indicators(node)).items():
            for ident, light in lights.items():
                for state in () if light.readonly else light.states:
                    await management.set_indicator_state(node, component, ident, state)
                    seen = await management.get_indicator_state(node, component, ident)
                    assert seen is state

    async def test_an_indicator_is_not_set_to_what_it_cannot_do(
        self, management: ManagementInterface, node: Node
    ) -> None:
        for component, lights in (await management.get_supported_indicators(node)).items():
            for ident in lights:
                before = await management.get_indicator_state(node, component, ident)
                with pytest.raises(Invalid, match=f"{ident}@{component}"):
                    await management.set_indicator_state(
                        node, component, ident, IndicatorState.UNKNOWN
                    )
                assert await management.get_indicator_state(node, component, ident) is before

    async def test_an_indicator_that_is_not_there_is_not_found(
        self, management: ManagementInterface, node: Node
    ) -> None:
        with pytest.raises(NotFound, match="none@nic"):
            await management.get_indicator_state(node, IndicatorComponent.NIC, "none")
        with pytest.raises(NotFound, match="none@nic"):
            await management.set_indicator_state(
                node, IndicatorComponent.NIC, "none", IndicatorState.ON
            )

    async def test_it_tells_who_it_is(self, management: ManagementInterface, node: Node) -> None:
        assert await management.detect_vendor(node)
        assert await management.get_node_health(node) in Health
        for mac in await management.get_mac_addresses(node):
            assert mac == mac.lower()

    async def test_virtual_media_come_and_go(
        self, management: ManagementInterface, node: Node
    ) -> None:
        async def inserted() -> dict[MediaDevice, str | None]:
            media = await management.get_virtual_media(node)
            return {each.device: each.image_url for each in media if each.inserted}

        assert await inserted() == {}
        await management.attach_virtual_media(node, MediaDevice.CDROM, "http://images.test/b.iso")
        await management.attach_virtual_media(node, MediaDevice.CDROM, IMAGE)
        await management.attach_virtual_media(node, MediaDevice.DISK, IMAGE)
        assert await inserted() == {MediaDevice.CDROM: IMAGE, MediaDevice.DISK: IMAGE}
        for _ in range(2):
            await management.detach_virtual_media(node, [MediaDevice.DISK])
            assert await inserted() == {MediaDevice.CDROM: IMAGE}
        await management.detach_virtual_media(node, [])
        assert await inserted() == {}
