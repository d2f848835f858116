"""A small installer in Anaconda's place: boots by our iPXE script, obeys a kickstart file's sections.

It fetches what Anaconda fetches, and as it does: the kickstart file by `inst.ks`, the second stage
below `inst.stage2` (`.treeinfo`, then `images/install.img`), the image of `liveimg`; and it runs the
sections by bash, so that their `curl` speaks to the true listener. Partitions and packages it leaves out.
"""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from tests.simulated.kickstart import InstallerFailed, Kickstart

JAIL = """
mount -t tmpfs tmpfs /var/lib
status=0
bash {script} || status=$?
cp -r /var/lib/cloud {root} 2>/dev/null
exit $status
"""
"""A section sees an empty /var/lib of its own: the one folder that our kickstart files write to."""


@dataclass
class Installer:
    """One machine's. `root`: a folder in the disk's place; `fails`: the disk breaks half-way."""

    mac: str
    root: Path
    fails: bool = False
    fetched: dict[str, bytes] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    kickstart: Kickstart = field(default_factory=Kickstart)

    async def run(self, script_url: str) -> None:
        """From the network boot to the machine's power-off. Raises InstallerFailed."""
        async with aiohttp.ClientSession() as session:
            self._session = session
            await self._boot((await self._get("script", script_url)).decode())
            text = (await self._get("kickstart", self.parameters["inst.ks"])).decode()
            self.kickstart = Kickstart.parse(text)
            await self._second_stage()
            await self._sections("pre")
            if self.fails:
                await self._sections("onerror")
                return
            await self._image()
            await self._sections("post")

    async def _boot(self, script: str) -> None:
        kernel = re.search(r"^kernel (\S+) initrd=ramdisk (.*) \|\|", script, re.MULTILINE)
        ramdisk = re.search(r"^initrd --name ramdisk (\S+)", script, re.MULTILINE)
        if kernel is None or ramdisk is None:
            raise InstallerFailed(f"Nothing to boot: {script}")
        await self._get("kernel", kernel[1])
        await self._get("ramdisk", ramdisk[1])
        words = (word.partition("=") for word in kernel[2].split())
        self.parameters = {name: value for name, _, value in words}

    async def _second_stage(self) -> None:
        base = self.parameters.get("inst.stage2") or self.parameters["inst.repo"]
        async with self._session.get(f"{base.rstrip('/')}/.treeinfo") as answer:
            assert answer.status == 404
        await self._get("stage2", f"{base.rstrip('/')}/images/install.img")

    async def _image(self) -> None:
        words = self.kickstart.commands.get("liveimg")
        if words is not None:
            await self._get("image", str(self.kickstart.option("liveimg", "url")))

    async def _sections(self, name: str) -> None:
        for kind, body in self.kickstart.sections:
            if kind != name:
                continue
            script = self.root / "section"
            script.write_text(body)
            jail = JAIL.format(script=script, root=self.root)
            words = ("unshare", "--mount", "--map-root-user", "bash", "-c", jail)
            process = await asyncio.create_subprocess_exec(*words)
            if await process.wait():
                raise InstallerFailed(f"Section %{name} failed: {body}")

    async def _get(self, name: str, url: str) -> bytes:
        async with self._session.get(url) as answer:
            if answer.status != 200:
                raise InstallerFailed(f"{name}: {url} answers {answer.status}")
            self.fetched[name] = await answer.read()
        return self.fetched[name]
