"""The small installer as a virtual machine's only program: writes the image to the first disk."""

import subprocess
import sys
import time
import urllib.request
from itertools import pairwise
from pathlib import Path

from kickstart import Kickstart  # type: ignore[import-not-found]

DISKS = ("vda", "sda", "nvme0n1")
PATIENCE_S = 120


def main() -> None:
    """Do all, report, and switch the machine off."""
    words = (word.partition("=") for word in Path("/proc/cmdline").read_text().split())
    parameters = {name: value for name, _, value in words}
    kickstart = Kickstart.parse(fetched(parameters["inst.ks"]).decode())
    fetched(parameters["inst.stage2"] + "/images/install.img")
    run(kickstart, "pre")
    content = fetched(str(kickstart.option("liveimg", "url")))
    disk = next(path for name in DISKS if (path := Path("/dev", name)).exists())
    with disk.open("r+b", buffering=0) as target:
        target.write(content)
    subprocess.run(["sync"], check=True)
    run(kickstart, "post")
    print("the installer switches off", flush=True)
    Path("/proc/sysrq-trigger").write_text("o" if "poweroff" in kickstart.commands else "b")
    time.sleep(60)


def fetched(url: str) -> bytes:
    """The network may take a while to come up."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url) as answer:
                return bytes(answer.read())
        except OSError as error:
            print(f"installer: {url}: {error}", flush=True)
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def run(kickstart: Kickstart, name: str) -> None:
    """The sections of this name."""
    for kind, body in kickstart.sections:
        if kind == name:
            subprocess.run(["sh", "-c", body], check=True)


def curl(arguments: list[str]) -> None:
    """As much of curl as kickstart files need: headers, and a body from standard input."""
    headers = [value for option, value in pairwise(arguments) if option == "-H"]
    (url,) = (each for each in arguments if each.startswith("http"))
    request = urllib.request.Request(url, sys.stdin.buffer.read(), method="POST")
    for header in headers:
        request.add_header(*header.split(": ", 1))
    urllib.request.urlopen(request).close()


if __name__ == "__main__":
    if Path(sys.argv[0]).name == "curl":
        curl(sys.argv[1:])
    else:
        main()
