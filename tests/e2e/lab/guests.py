"""Boot sectors that stand in for an operating system: a few bytes of 16-bit code each."""

from pathlib import Path

SERIAL_PORT = 0x3F8
# SeaBIOS puts the chipset's ACPI registers at 0x600: status (write 1 to clear), enable, control.
ACPI_STATUS, ACPI_ENABLE, ACPI_CONTROL = 0x600, 0x602, 0x604
HALT = bytes.fromhex("f4ebfd")  # hlt; jmp back


def _out_byte(port: int, value: int) -> bytes:
    return b"\xba" + port.to_bytes(2, "little") + b"\xb0" + bytes([value]) + b"\xee"


def say(text: str) -> bytes:
    """Print on the serial port."""
    return b"".join(_out_byte(SERIAL_PORT, byte) for byte in text.encode("ascii"))


def _out_word(port: int, value: int) -> bytes:
    return b"\xba" + port.to_bytes(2, "little") + b"\xb8" + value.to_bytes(2, "little") + b"\xef"


def power_off() -> bytes:
    """Sleep now (bit 13), in the deepest state."""
    return _out_word(ACPI_CONTROL, 1 << 13)


def heed_power_button() -> bytes:
    """From now on a press of the button shows (bit 8)."""
    return _out_word(ACPI_ENABLE, 1 << 8)


def wait_for_power_button() -> bytes:
    """mov dx, status; in ax, dx; test ah, 1; jz back to the `in`."""
    return b"\xba" + ACPI_STATUS.to_bytes(2, "little") + bytes.fromhex("edf6c40174fa")


def install(disk: Path, *code: bytes) -> None:
    """Make `disk` boot into the code, then halt."""
    program = b"".join(code) + HALT
    assert len(program) <= 510
    with disk.open("r+b") as file:
        file.write(program.ljust(510, b"\0") + b"\x55\xaa")
