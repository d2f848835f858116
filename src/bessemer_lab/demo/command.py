"""`bessemer demo`: checks the ground, plays the story, and says where the time went."""

import asyncio
import fcntl
import os
import shutil
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from bessemer_lab.demo import story
from bessemer_lab.demo.api import Api
from bessemer_lab.demo.cloud import CloudProcess, end_former, former
from bessemer_lab.demo.cloud_settings import Boot, settings_for
from bessemer_lab.demo.screen import Chapter, Screen, steps_table
from bessemer_lab.demo.tenant import Shell
from bessemer_lab.errors import LabError
from bessemer_lab.lab import Lab
from bessemer_lab.lab import down as take_down

ROOT: Final = Path(__file__).parents[3]
"""The source checkout, in which `make` has put what it built under `var/`."""


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave rack, cloud and server running at the end.")
    ] = False,
    end: Annotated[
        bool, typer.Option("--end", help="Take down what an earlier --keep left running.")
    ] = False,
    rack: Annotated[Path, typer.Option(help="The rack file.")] = ROOT / "lab" / "rack.yaml",
    built: Annotated[
        Path, typer.Option(help="Folder with ramdisk/ and image/, as `make ramdisk image` fill it.")
    ] = ROOT / "var",
) -> None:
    """A virtual rack, a cloud, one server from request to SSH, and all of it down again."""
    directory = built / "demo"
    try:
        with _alone(directory):
            if end:
                _end_kept(directory)
                typer.echo("Cloud and rack are down.")
                return
            _check_ground(built)
            _refuse_kept(directory)
            asyncio.run(_until_told_to_stop(_play(rack, built, keep)))
    except LabError as error:
        typer.secho(f"The demo failed: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One demo at a time in one folder. Raises LabError when another one runs there."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"another demo is running in {directory}; wait for its end") from None
        yield


def _refuse_kept(directory: Path) -> None:
    if (pid := former(directory)) is not None:
        raise LabError(
            f"the cloud of an earlier demo is still running (process {pid}); "
            "`bessemer demo --end` takes it and its rack down"
        )


def _end_kept(directory: Path) -> None:
    end_former(directory)
    take_down(directory / "lab")
    shutil.rmtree(directory / "state", ignore_errors=True)


async def _until_told_to_stop(play: Coroutine[Any, Any, None]) -> None:
    """Ctrl-C and SIGTERM end the play with everything taken down."""
    task = asyncio.create_task(play)
    told = False

    def stop() -> None:
        nonlocal told
        if not told:  # a second time must not break off the clearing up
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        raise LabError("it was told to stop; rack and cloud are down") from None


def _check_ground(built: Path) -> None:
    if os.geteuid() != 0:
        raise LabError("the demo needs root for network namespaces and taps; run `sudo make demo`")
    for needed in ("ramdisk/kernel", "ramdisk/initramfs", "image/debian.qcow2"):
        if not (built / needed).exists():
            raise LabError(f"{built / needed} is missing; `make ramdisk image` builds it")


async def _play(rack: Path, built: Path, keep: bool) -> None:
    screen = Screen()
    directory = built / "demo"
    boot = Boot(built / "ramdisk" / "kernel", built / "ramdisk" / "initramfs")
    kept = False
    async with screen.showing():
        with screen.chapter("Raise the rack") as chapter:
            lab = await asyncio.to_thread(_fresh_rack, rack, directory)
            chapter.detail = f"{len(lab.rack.machines)} machines, {len(lab.rack.switches)} switch"
        cloud = CloudProcess(lab, directory, settings_for(lab, directory / "state", boot))
        try:
            shell = await _perform(screen, lab, cloud, built, keep)
            kept = keep and shell is not None
        finally:
            if not kept:
                await _strike(screen, lab, cloud)
    screen.console.print(_where_the_time_went(screen.chapters))
    screen.console.print(steps_table(screen.steps))
    if kept and shell is not None:
        shell.write_login(directory / "login")
        screen.console.print(_directions(cloud), highlight=False, soft_wrap=True)


def _fresh_rack(rack: Path, directory: Path) -> Lab:
    """Raise the rack where nothing of an earlier play is left."""
    _end_kept(directory)
    return Lab.up(rack, directory / "lab")


async def _perform(
    screen: Screen, lab: Lab, cloud: CloudProcess, built: Path, keep: bool
) -> Shell | None:
    with screen.chapter("Start the cloud") as chapter:
        await cloud.start()
        chapter.detail = cloud.url
    async with Api(cloud.url) as api:
        stage = story.Stage(lab, cloud, api, screen, built / "image" / "debian.qcow2")
        nodes = await story.make_ready(stage)
        shell = await story.tell(stage, cloud.directory)
        if keep:
            await cloud.write_clouds_yaml()
            return shell
        await story.end(stage, nodes)
    return None


async def _strike(screen: Screen, lab: Lab, cloud: CloudProcess) -> None:
    with screen.chapter("Take everything down"):
        await cloud.stop()
        await asyncio.to_thread(lab.down)
        await asyncio.to_thread(shutil.rmtree, cloud.directory / "state", ignore_errors=True)


def _where_the_time_went(chapters: list[Chapter]) -> Table:
    table = Table(title="Where the time went", box=None, title_justify="left")
    table.add_column("part")
    table.add_column("seconds", justify="right")
    for chapter in chapters:
        table.add_row(chapter.title, f"{chapter.elapsed:.1f}")
    table.add_row("[bold]together[/]", f"[bold]{sum(each.elapsed for each in chapters):.1f}[/]")
    return table


def _directions(cloud: CloudProcess) -> str:
    clouds = cloud.directory / "clouds.yaml"
    return f"""
Everything is still running. To look around:

  source {ROOT}/.venv/bin/activate
  export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=bessemer
  openstack server list
  openstack baremetal node list
  openstack network list
  bessemer lab status --state-dir {cloud.lab.layout.root}
  {cloud.directory}/login

To end it:

  bessemer demo --end
"""
