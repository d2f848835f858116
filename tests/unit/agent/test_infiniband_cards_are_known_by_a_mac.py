"""InfiniBand: a card of 20 octets is looked up, booted and reported by the MAC that Ironic makes of it."""

import os
import subprocess
from pathlib import Path

import pytest

from bessemer_agent.inspection.interfaces import list_interfaces
from bessemer_agent.network import mac_addresses

BOOT_NICS = Path(__file__).parents[3] / "ramdisk/overlay/usr/share/bessemer/boot-nics"
ADDRESS = "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:5A:2b:c1"
MAC = "f4:52:14:5a:2b:c1"
CLIENT_ID = "ff:00:00:00:00:00:02:00:00:02:c9:00:f4:52:14:03:00:5a:2b:c1"
ETHERNET = "52:54:00:12:34:56"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    cards = {"eth0": ("1", ETHERNET), "ib0": ("32", ADDRESS), "lo": ("772", "00:00:00:00:00:00")}
    for name, (kind, address) in cards.items():
        folder = tmp_path / "sys/class/net" / name
        folder.mkdir(parents=True)
        (folder / "type").write_text(f"{kind}\n")
        (folder / "address").write_text(f"{address}\n")
        if name != "lo":
            (folder / "device").mkdir()
    (tmp_path / "proc").mkdir()
    return tmp_path


def test_it_is_looked_up_beside_ethernet(root: Path) -> None:
    assert mac_addresses(root) == [ETHERNET, MAC]
    assert mac_addresses(root, first=MAC) == [MAC, ETHERNET]


def test_it_is_reported_with_what_it_calls_itself(root: Path) -> None:
    cards = {card.name: card.as_json() for card in list_interfaces(root)}
    assert (cards["ib0"]["mac_address"], cards["ib0"]["client_id"]) == (MAC, CLIENT_ID)
    assert (cards["eth0"]["mac_address"], cards["eth0"]["client_id"]) == (ETHERNET, None)


@pytest.mark.parametrize(
    ("words", "mac", "nics"),
    [
        ("BOOTIF=20-f4-52-14-5A-2B-C1 quiet", MAC, ["ib0"]),
        ("quiet BOOTIF=f4:52:14:5a:2b:c1", MAC, ["ib0"]),
        ("BOOTIF=01-52-54-00-12-34-56", ETHERNET, ["eth0"]),
        (f"BOOTIF={ETHERNET}", ETHERNET, ["eth0"]),
        ("BOOTIF=20-04-0f-11-22-33", "20:04:0f:11:22:33", []),
        ("BOOTIF=junk", "", ["eth0", "ib0"]),
        ("quiet", "", ["eth0", "ib0"]),
    ],
)
def test_the_ramdisk_asks_for_an_address_on_the_card_that_it_booted_from(
    root: Path, words: str, mac: str, nics: list[str]
) -> None:
    (root / "proc/cmdline").write_text(f"console=ttyS0 {words}\n")

    def boot_nics(*arguments: str) -> list[str]:
        done = subprocess.run(
            ["sh", BOOT_NICS, *arguments],
            env={**os.environ, "ROOT": str(root)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    assert boot_nics() == nics
    assert boot_nics("address") == ([mac] if mac else [])
