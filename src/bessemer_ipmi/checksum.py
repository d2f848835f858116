"""The two's complement checksum of LAN messages (section 13.8)."""


def checksum(octets: bytes) -> int:
    """The octet that makes the sum of all a multiple of 256."""
    return -sum(octets) & 0xFF
