"""`bessemer`: serve the cloud, look after its database, run virtual racks."""

import asyncio
import json
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from bessemer import logs, server
from bessemer.bootstrap import Cloud
from bessemer.cli.describe import describe_policies, describe_settings
from bessemer.cli.node import describe_sensors, sensors_of_node, unlock_node
from bessemer.cli.on_demand import OnDemand
from bessemer.db.engine import open_database
from bessemer.db.upgrade import upgrade
from bessemer.errors import BessemerError, ConfigurationError
from bessemer.identity.domain.clouds_yaml import clouds_yaml
from bessemer.roles import Role
from bessemer.settings import Settings, load_settings

app = typer.Typer(
    name="bessemer",
    cls=OnDemand,
    help="Bessemer: a bare metal cloud that speaks the OpenStack APIs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
database = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.add_typer(database, name="db")
node = typer.Typer(help="Look after nodes, with the database at hand.", no_args_is_help=True)
app.add_typer(node, name="node")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bessemer {version('bessemer')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Bessemer: a bare metal cloud that speaks the OpenStack APIs."""


ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="BESSEMER_CONFIG",
        help="TOML file with settings; /etc/bessemer/bessemer.toml is read if it is there.",
    ),
]


@app.command()
def serve(
    config: ConfigFile = None,
    roles: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE,…",
            help=f"What this process does, of {', '.join(Role)}; without it everything. Processes "
            "with other roles share the database, and RabbitMQ (setting bus.url).",
        ),
    ] = None,
    conductor_host: Annotated[
        str | None,
        typer.Option(help="Name of this conductor, which stays; by default the host's name."),
    ] = None,
    conductor_group: Annotated[
        str | None, typer.Option(help="Serve nodes of this conductor group only.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address of the operators' API.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port of the operators' API.")] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Folder of database, images, boot files and secrets.")
    ] = None,
    netns: Annotated[
        str | None,
        typer.Option(help="Move into this network namespace once the API's address is bound."),
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Serve the cloud, by default all of it in one process on http://127.0.0.1:6385.

    The first SIGTERM or SIGINT lets steps in hand come to their end; a second one ends at once.
    """
    for_server = {
        "roles": roles and tuple(roles.split(",")),
        "host": host,
        "port": port,
        "state_directory": state_dir,
        "network_namespace": netns,
        "log_level": log_level,
    }
    for_baremetal = {"conductor_host": conductor_host, "conductor_group": conductor_group}
    settings = _settings(config, {"server": for_server, "baremetal": for_baremetal})
    logs.configure(settings.server.log_level, settings.server.log_format)
    try:
        server.run(settings)
    except ConfigurationError as error:
        _refuse(error)


@app.command()
def settings(config: ConfigFile = None) -> None:
    """List every setting: its name, its present value, and what it does."""
    typer.echo(describe_settings(_settings(config, {})))


@app.command()
def policy(config: ConfigFile = None) -> None:
    """List the rules of the bare metal API in force: name, who passes, and where that is said."""
    try:
        typer.echo(describe_policies(_settings(config, {})))
    except ConfigurationError as error:
        _refuse(error)


@app.command()
def openapi(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The reference page instead, for people.")
    ] = False,
) -> None:
    """Print the OpenAPI document of the bare metal API; a running server has it at /openapi.json."""
    with TemporaryDirectory() as nowhere:
        cloud = Cloud(_settings(None, {"server": {"state_directory": Path(nowhere)}}))
    typer.echo(cloud.reference if markdown else json.dumps(cloud.openapi, indent=2), nl=False)


@app.command("clouds-yaml")
def print_clouds_yaml(config: ConfigFile = None) -> None:
    """Print a clouds.yaml for the `openstack` command, with the first administrator's password."""
    settings = _settings(config, {})
    password_file = settings.server.state_directory / "admin-password"
    try:
        password = password_file.read_text().strip()
    except OSError as error:
        _refuse(
            ConfigurationError(
                f"{password_file} cannot be read ({error.strerror}); `bessemer serve` writes it at "
                "its first start."
            )
        )
    typer.echo(clouds_yaml(f"http://{settings.server.host}:{settings.server.port}", password))


@database.command("upgrade")
def upgrade_database(config: ConfigFile = None) -> None:
    """Bring the database's schema to the newest revision. Safe to run at any time."""
    settings = _settings(config, {})

    async def run() -> None:
        opened = open_database(settings.database_url, settings.database)
        try:
            await upgrade(opened)
        finally:
            await opened.close()

    try:
        asyncio.run(run())
    except ConfigurationError as error:
        _refuse(error)
    typer.echo("The database is up to date.")


@node.command("unlock")
def unlock(
    ident: Annotated[str, typer.Argument(metavar="NODE", help="The node's uuid or name.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also when the conductor that holds it is alive.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Break a node's lock; work in hand is resumed. The node's history says who did it."""
    try:
        holder = unlock_node(_settings(config, {}), ident, forced=force)
    except BessemerError as error:
        _refuse(error)
    if holder is None:
        typer.echo(f"Nobody holds node {ident}; nothing was changed.")
    else:
        typer.echo(f"Node {ident} is free. {holder.owner} held it for {holder.purpose}.")


@node.command("sensors")
def sensors(
    ident: Annotated[str, typer.Argument(metavar="NODE", help="The node's uuid or name.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything that the BMC said, as JSON.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Show what a node's sensors said last, when, and whether reading them fails."""
    try:
        uuid, report = sensors_of_node(_settings(config, {}), ident)
    except BessemerError as error:
        _refuse(error)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
        return
    for line in describe_sensors(uuid, report):
        typer.echo(line)


def _settings(config: Path | None, flags: dict[str, dict[str, Any]]) -> Settings:
    """`flags` by section and setting; those that are None were not given."""
    given = {
        section: {name: value for name, value in flags.items() if value is not None}
        for section, flags in flags.items()
    }
    try:
        return load_settings(config, {name: section for name, section in given.items() if section})
    except ConfigurationError as error:
        _refuse(error)


def _refuse(error: BessemerError) -> NoReturn:
    typer.secho(error.message, fg=typer.colors.RED, err=True)
    raise typer.Exit(2) from error
