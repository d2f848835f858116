"""What the conductor tells the ramdisk on its kernel command line (`ipa-…` and BOOTIF)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TRUE_WORDS = frozenset({"1", "true", "yes", "on", "t", "y"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names follow upstream's `ipa-` parameters; times in seconds."""

    api_urls: tuple[str, ...] = ()
    inspection_callback_url: str | None = None
    collect_lldp: bool = False
    lldp_timeout_s: float = 30.0
    lookup_timeout_s: float = 600.0
    listen_host: str | None = None
    listen_port: int = 9999
    advertise_host: str | None = None
    advertise_port: int | None = None
    advertise_protocol: str | None = None
    global_request_id: str | None = None
    debug: bool = False
    agent_token: str | None = field(default=None, repr=False)
    insecure: bool = False
    ironic_api_version: str | None = None
    http_request_timeout_s: float = 30.0
    image_download_timeout_s: float = 60.0
    image_download_retries: int = 9
    disk_wait_attempts: int = 10
    disk_wait_delay_s: float = 3.0
    boot_mac: str | None = None
    ignored: tuple[str, ...] = ()


def parse(command_line: str) -> Parameters:
    """The parameters of a kernel command line.

    A value that cannot be understood is left at its default and named in `ignored`: a ramdisk that
    starts with a wrong timeout can still be reached, one that stops here cannot.
    """
    values: dict[str, Any] = {}
    ignored = []
    for name, text in _pairs(command_line):
        if name not in _READERS:
            continue
        attribute, read = _READERS[name]
        try:
            values[attribute] = read(text)
        except ValueError:
            ignored.append(f"{name}={text}")
    return Parameters(**values, ignored=tuple(ignored))


def _pairs(command_line: str) -> list[tuple[str, str]]:
    """Split at spaces outside double quotes, as the kernel does (lib/cmdline.c)."""
    words = re.findall(r'(?:[^\s"]|"[^"]*"?)+', command_line)
    pairs = [word.replace('"', "").partition("=") for word in words]
    return [(name, value) for name, _, value in pairs]


def _flag(text: str) -> bool:
    return text == "" or text.lower() in TRUE_WORDS


def _positive(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 < value < 65536:
        raise ValueError(text)
    return value


def _count(text: str) -> int:
    return int(_positive(text))


def _urls(text: str) -> tuple[str, ...]:
    urls = tuple(url.strip().rstrip("/") for url in text.split(",") if url.strip())
    if not all(url.startswith(("http://", "https://")) for url in urls):
        raise ValueError(text)  # "mdns" too: no neighbour may adopt this machine
    return urls


def _url(text: str) -> str:
    (url,) = _urls(text)
    return url


def _mac(text: str) -> str:
    """BOOTIF: a MAC, with the hardware type "01-" or, of InfiniBand, "20-" before it (PXELINUX)."""
    found = re.fullmatch("(?:(?:01|20)-)?([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})", text.lower())
    if found is None:
        raise ValueError(text)
    return found[1].replace("-", ":")


def _text(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "ipa-api-url": ("api_urls", _urls),
    "ipa-inspection-callback-url": ("inspection_callback_url", _url),
    "ipa-collect-lldp": ("collect_lldp", _flag),
    "ipa-lldp-timeout": ("lldp_timeout_s", _positive),
    "ipa-lookup-timeout": ("lookup_timeout_s", _positive),
    "ipa-listen-host": ("listen_host", _text),
    "ipa-listen-port": ("listen_port", _port),
    "ipa-advertise-host": ("advertise_host", _text),
    "ipa-advertise-port": ("advertise_port", _port),
    "ipa-advertise-protocol": ("advertise_protocol", _text),
    "ipa-global-request-id": ("global_request_id", _text),
    "ipa-debug": ("debug", _flag),
    "ipa-agent-token": ("agent_token", _text),
    "ipa-insecure": ("insecure", _flag),
    "ipa-ironic-api-version": ("ironic_api_version", _text),
    "ipa-http-request-timeout": ("http_request_timeout_s", _positive),
    "ipa-image-download-connection-timeout": ("image_download_timeout_s", _positive),
    "ipa-image-download-connection-retries": ("image_download_retries", _count),
    "ipa-disk-wait-attempts": ("disk_wait_attempts", _count),
    "ipa-disk-wait-delay": ("disk_wait_delay_s", _positive),
    "BOOTIF": ("boot_mac", _mac),
}
