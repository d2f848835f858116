"""iPXE scripts; pure. Nothing gets into one that could be read as anything but one word.

Syntax: https://ipxe.org/scripting, commands: https://ipxe.org/cmd.
"""

import re
from dataclasses import replace
from typing import Final

from bessemer.baremetal.domain.san import SanBoot, SanVolume
from bessemer.baremetal.drivers.ipxe.boot_config import BootConfig
from bessemer.baremetal.drivers.ipxe.boot_words import URL, WORD, checked
from bessemer.baremetal.drivers.ipxe.kernel_parameters import KernelParameters
from bessemer.errors import Invalid

RETRY_S: Final = 5
EXIT_S: Final = 10
DESCRIBED_PATHS: Final = 2
"""More do not fit into the table that tells the system where it was booted from (iBFT)."""
FIRST_DRIVE: Final = 0x80
"""A BIOS's first disk; a UEFI knows no numbers, iPXE does all the same."""

_SAN_PATH: Final = re.compile(r"iscsi:[A-Za-z0-9_.:\[\]-]+\Z")
_CHAP: Final = re.compile(r"[A-Za-z0-9_.:@%+=/~^!,*][A-Za-z0-9_.:@%+=/~^!,*-]*\Z")

_RAMDISK: Final = """\
#!ipxe
echo Bessemer: {purpose} of node {node}, NIC {mac}
:load
imgfree
kernel {kernel} initrd=ramdisk {params} || goto again
initrd --name ramdisk {ramdisk} || goto again
boot
:again
echo Bessemer: the {purpose} ramdisk could not be loaded. Trying again in {retry} s
sleep {retry}
goto load
"""

_ISO: Final = """\
#!ipxe
echo Bessemer: {purpose} of node {node}, NIC {mac}
:load
sanboot --no-describe {iso} || goto again
:again
echo Bessemer: the ISO image could not be booted. Trying again in {retry} s
sleep {retry}
goto load
"""

_SAN: Final = """\
#!ipxe
echo Bessemer: {purpose} of node {node}, NIC {mac}
set initiator-iqn {initiator}
:load
{hooks}
sanboot --no-describe --drive {first} || goto again
:again
{unhooks}
echo Bessemer: the volume could not be booted. Trying again in {retry} s
sleep {retry}
goto load
"""

_HOOK: Final = """\
{login}
sanhook {options}--drive {drive} {paths} || goto again"""

_UNKNOWN: Final = """\
#!ipxe
echo Bessemer: NIC {mac} has no network boot to do.
echo Its node is unknown, or is not being deployed, cleaned or inspected.
echo Going on with the next boot device in {exit} s.
sleep {exit}
exit
"""


def ramdisk_script(config: BootConfig, mac: str) -> str:
    """Loads the ramdisk; tries for ever, since giving up would start what is on the disk.

    Raises Invalid when a part of the configuration could be read as more than one word.
    """
    if config.boot_iso:
        return _ISO.format(
            purpose=checked(WORD, config.purpose),
            node=checked(WORD, config.node_uuid),
            mac=checked(WORD, mac),
            iso=checked(URL, config.url_of("boot_iso")),
            retry=RETRY_S,
        )
    if config.san:
        return _san_script(config, config.san, mac)
    params = KernelParameters(config.params) + KernelParameters((f"BOOTIF={mac}",))
    return _RAMDISK.format(
        purpose=checked(WORD, config.purpose),
        node=checked(WORD, config.node_uuid),
        mac=checked(WORD, mac),
        kernel=checked(URL, config.url_of("kernel")),
        ramdisk=checked(URL, config.url_of("ramdisk")),
        params=params,
        retry=RETRY_S,
    )


def _san_script(config: BootConfig, san: SanBoot, mac: str) -> str:
    """Each volume is a drive as BIOS counts them. The first is booted, and described to its system."""
    drives = [hex(FIRST_DRIVE + number) for number in range(len(san.volumes))]
    root, *others = san.volumes
    described = replace(root, paths=root.paths[:DESCRIBED_PATHS])
    hooks = [_hook("", drives[0], described)]
    hooks += [
        _hook("--no-describe ", drive, volume)
        for drive, volume in zip(drives[1:], others, strict=True)
    ]
    return _SAN.format(
        purpose=checked(WORD, config.purpose),
        node=checked(WORD, config.node_uuid),
        mac=checked(WORD, mac),
        initiator=checked(WORD, san.initiator),
        hooks="\n".join(hooks),
        unhooks="\n".join(f"sanunhook --drive {drive} ||" for drive in drives),
        first=drives[0],
        retry=RETRY_S,
    )


def _hook(options: str, drive: str, volume: SanVolume) -> str:
    paths = " ".join(checked(_SAN_PATH, path) for path in volume.paths)
    return _HOOK.format(login=_login(volume), options=options, drive=drive, paths=paths)


def _login(volume: SanVolume) -> str:
    """CHAP's name and password for the next drive. Raises Invalid, and does not tell them."""
    if volume.password is None:
        return "clear username\nclear password"
    for text in (volume.username, volume.password.reveal()):
        if not _CHAP.match(text):
            raise Invalid(
                "A volume's auth_username or auth_password cannot be put into a boot script: iPXE "
                "takes letters, digits and _.:@%+=/~^!,*- (the last not in front)."
            )
    return f"set username {volume.username}\nset password {volume.password.reveal()}"


def unknown_machine_script(mac: str) -> str:
    """Says so on the console and goes on to the next boot device."""
    return _UNKNOWN.format(mac=checked(WORD, mac), exit=EXIT_S)
