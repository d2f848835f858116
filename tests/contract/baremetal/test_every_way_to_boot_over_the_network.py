"""The boot plug-ins against their contract, and what DHCP says for each."""

from pathlib import Path

import pytest
from tests.baremetal_task import MemoryTask, a_node, a_port, run_to_end
from tests.contract.baremetal.boot_contract import VIF, NetworkBootContract
from tests.unit.baremetal_agent.rooms import SomeImages, SomeNetworks

from bessemer.baremetal.domain.provision.work import Failed
from bessemer.baremetal.drivers.ipxe.boot import IpxeBoot, NetworkBoot
from bessemer.baremetal.drivers.pxe.boot import HttpBoot, HttpIpxeBoot, PxeBoot
from bessemer.baremetal.settings import BareMetalSettings
from bessemer.errors import Invalid
from bessemer.network.public import DhcpOption

LISTENER = "172.30.0.1:6386"
MAC = "52:54:00:00:00:01"
TFTP = tuple(DhcpOption(number, "172.30.0.1") for number in ("66", "150", "255"))


@pytest.fixture
def networks() -> SomeNetworks:
    return SomeNetworks().with_port(VIF, "provisioning")


@pytest.fixture
def settings(tmp_path: Path) -> BareMetalSettings:
    for name in ("kernel", "initramfs"):
        (tmp_path / name).write_bytes(b"x")
    return BareMetalSettings(
        deploy_kernel=str(tmp_path / "kernel"),
        deploy_ramdisk=str(tmp_path / "initramfs"),
        ipxe_bootfile_name_by_arch={"aarch64": "ipxe-arm64.efi"},
        pxe_bootfile_name_by_arch={"aarch64": "grubaa64.efi"},
    )


def a_task(mode: str | None, architecture: str = "x86_64") -> MemoryTask:
    properties = {"cpu_arch": architecture}
    if mode:
        properties["capabilities"] = f"boot_mode:{mode}"
    node = a_node(properties=properties, driver_info={})
    return MemoryTask(node, (a_port(node, internal_info={"provisioning_vif_port_id": VIF}),))


async def options_for(
    boot: NetworkBoot, networks: SomeNetworks, mode: str | None, architecture: str = "x86_64"
) -> tuple[DhcpOption, ...]:
    await run_to_end(a_task(mode, architecture), boot, "prepare_ramdisk", purpose="provisioning")
    return tuple(networks.options[VIF])


class Contract(NetworkBootContract):
    """With a UEFI node."""

    plugin: type[NetworkBoot]
    arm_program: str

    @pytest.mark.parametrize("mode", ["uefi", None])
    async def test_a_processor_with_a_program_of_its_own_gets_that_alone(
        self, boot: NetworkBoot, networks: SomeNetworks, mode: str | None
    ) -> None:
        said = await options_for(boot, networks, mode, "aarch64")
        programs = [option.value for option in said if option.name.endswith("67")]
        assert [each.rpartition("/")[2] for each in programs if MAC not in each] == [
            self.arm_program
        ]

    @pytest.fixture
    def task(self) -> MemoryTask:
        return a_task("uefi")

    @pytest.fixture
    def boot(self, networks: SomeNetworks, settings: BareMetalSettings) -> NetworkBoot:
        return self.plugin(SomeImages(), networks, settings)


class TestIpxe(Contract):
    """The contract."""

    plugin = IpxeBoot
    arm_program = "ipxe-arm64.efi"


class TestPxe(Contract):
    """The contract, and a loader for each firmware."""

    plugin = PxeBoot
    arm_program = "grubaa64.efi"
    BIOS = ("pxelinux.0", "pxelinux.cfg/01-52-54-00-00-00-01")
    UEFI = ("grubx64.efi", f"(http,{LISTENER})/boot/grub/{MAC}")

    @pytest.mark.parametrize(("mode", "said"), [("bios", BIOS), ("uefi", UEFI)])
    async def test_the_boot_mode_decides(
        self, boot: NetworkBoot, networks: SomeNetworks, mode: str, said: tuple[str, str]
    ) -> None:
        expected = (DhcpOption("67", said[0]), DhcpOption("209", said[1]), *TFTP)
        assert await options_for(boot, networks, mode) == expected

    async def test_where_nobody_stated_one_the_firmwares_own_word_decides(
        self, boot: NetworkBoot, networks: SomeNetworks
    ) -> None:
        assert await options_for(boot, networks, None) == (
            DhcpOption("tag:bios,67", self.BIOS[0]),
            DhcpOption("tag:bios,209", self.BIOS[1]),
            DhcpOption("tag:efi64,67", self.UEFI[0]),
            DhcpOption("tag:efi64,209", self.UEFI[1]),
            *TFTP,
        )


class ByHttp(Contract):
    """No BIOS can do it."""

    async def test_a_bios_machine_is_refused(
        self, boot: NetworkBoot, networks: SomeNetworks
    ) -> None:
        task = a_task("bios")
        outcome = await run_to_end(task, boot, "prepare_ramdisk", purpose="provisioning")
        assert isinstance(outcome, Failed)
        assert "needs UEFI" in outcome.reason
        assert not networks.options
        with pytest.raises(Invalid, match="needs UEFI"):
            boot.validate(task.node, task.ports)


class TestHttp(ByHttp):
    """The contract, and the firmware is sent to GRUB."""

    plugin = HttpBoot
    arm_program = "grubaa64.efi"

    async def test_what_dhcp_says(self, boot: NetworkBoot, networks: SomeNetworks) -> None:
        assert await options_for(boot, networks, "uefi") == (
            DhcpOption("tag:!ipxe,tag:efi-http,60", "HTTPClient"),
            DhcpOption("tag:!ipxe,tag:efi-http,67", f"http://{LISTENER}/boot/programs/grubx64.efi"),
        )


class TestHttpIpxe(ByHttp):
    """The contract, and the firmware is sent to iPXE, iPXE to its script."""

    plugin = HttpIpxeBoot
    arm_program = "ipxe-arm64.efi"

    async def test_what_dhcp_says(self, boot: NetworkBoot, networks: SomeNetworks) -> None:
        assert await options_for(boot, networks, "uefi") == (
            DhcpOption("tag:!ipxe,tag:efi-http,60", "HTTPClient"),
            DhcpOption("tag:!ipxe,tag:efi-http,67", f"http://{LISTENER}/boot/programs/snponly.efi"),
            DhcpOption("tag:ipxe,67", f"http://{LISTENER}/boot/ipxe/{MAC}"),
        )
