"""phonghop serve | init | user | check | check-documents | schema."""

from __future__ import annotations

import getpass
import ipaddress
import json
import logging
import re
import socket
import sys
import unicodedata
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from server import clock
from server.annotating.retention import scrub_waits_since
from server.app import build_server, create_app
from server.database import Database, WriteSession
from server.demo.people import DEMO_TILES
from server.demo.people import people as people_of_demo
from server.demo.province import Profile
from server.demo.seed import PASSWORD
from server.http.bounded import BoundedHttp
from server.identity import SYSTEM
from server.ledger.entries import check as check_ledger
from server.ledger.entries import root as ledger_root
from server.live.transport import LiveProtocol
from server.meetings.rules import DAY_MS
from server.migrations.migrate import migrate
from server.people import actions as people
from server.people.queries import has_people
from server.people.rules import Role
from server.schema import client_schema
from server.settings import Settings, settings_page
from server.starting import CannotStart, Farewell, hold_folder, read_settings, take_port

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


SWITCH_SECONDS = 0.0005
"""The writer thread lets go of the interpreter at every statement; with Python's 5 ms a busy loop
would give it back that late each time."""


def _log(settings: Settings) -> None:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _open(settings: Settings) -> Database:
    """The database for a command that runs by itself, with facts entered as always."""
    server = build_server(settings)
    migrate(server.database)
    return server.database


def _tell_address(settings: Settings) -> None:
    """Where to go and who to be, for somebody who has just typed `make run`."""
    host = "localhost" if settings.host == "127.0.0.1" else settings.host
    typer.echo(f"\n  Phòng họp không giấy: http://{host}:{settings.port}\n")
    if settings.demo:
        typer.echo("  Demo: choose a role on the sign-in page, or sign in with the password")
        typer.echo(f"  {PASSWORD!r} as one of:")
        roles = {username: key for key, username in DEMO_TILES}
        for person in people_of_demo(Profile(settings.demo_profile)):
            if person.username in roles:
                position = f"{person.full_name}, {person.position}"
                typer.echo(f"    {person.username:<14} {roles[person.username]:<16} {position}")
    typer.echo("\n  Stop with Ctrl-C.\n")


@app.command()
def serve(demo: Annotated[bool, typer.Option(help="demo accounts and papers")] = False) -> None:
    """Serve until stopped."""
    try:
        settings = read_settings()
        settings = settings.model_copy(update={"demo": settings.demo or demo})
        if settings.demo and not is_loopback(settings.host):
            raise typer.BadParameter("demo accounts exist only on a loopback address")
        with hold_folder(settings), take_port(settings) as port:
            _serve_on(settings, port)
    except CannotStart as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(1) from None


def _serve_on(settings: Settings, port: socket.socket) -> None:
    _log(settings)
    proxies = settings.trusted_proxies
    sys.setswitchinterval(SWITCH_SECONDS)
    application = create_app(settings)
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=BoundedHttp,
        ws=LiveProtocol,
        ws_max_size=settings.live_frame_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        server_header=False,
        date_header=True,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    leave = application.state.server.leave
    Farewell(config, leave, partial(_tell_address, settings)).run(sockets=[port])


@app.command()
def init(
    organisation: Annotated[str, typer.Option(prompt=True)],
    username: Annotated[str, typer.Option(prompt=True)],
    name: Annotated[str, typer.Option(prompt=True)],
) -> None:
    """Make the first organisation and its first administrator."""
    database = _open(Settings())
    if database.read_now(has_people):
        raise typer.BadParameter("there are accounts already; use `phonghop user`")
    hashed = people.HASHER.hash(_password())

    def make(session: WriteSession) -> None:
        unit = people.add_organisation(session, organisation, "province")
        roles = (Role.SYSTEM_ADMIN.value, Role.SECRETARIAT.value)
        people.add_person(
            session,
            username=username,
            name=name,
            organisation_id=unit,
            roles=roles,
            password_hash=hashed,
        )

    database.write_now(SYSTEM, make)
    database.stop()


@app.command()
def user(username: str) -> None:
    """Give an account a new password and end its sessions."""
    database = _open(Settings())
    database.write_now(SYSTEM, people.set_password, username, people.HASHER.hash(_password()))
    database.stop()


def _password() -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("password: ")
    if len(password) < 8:
        raise typer.BadParameter("a password has at least 8 characters")
    return unicodedata.normalize("NFC", password)  # as the sign-in compares it


@app.command()
def check(
    root: Annotated[str | None, typer.Option(help="SEQ:HASH that an earlier check printed")] = None,
) -> None:
    """Check the ledger's chain and the database's integrity; print the chain's root to keep."""
    if root is not None and not re.fullmatch(r"[0-9]{1,15}:[0-9a-f]{64}", root):
        raise typer.BadParameter("a root is SEQ:HASH as an earlier check printed it")
    database = _open(Settings())
    rows, breaks = database.read_now(check_ledger, root)
    now = database.read_now(ledger_root)
    sound = database.read_now(
        lambda session: session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
    )
    since = database.read_now(scrub_waits_since)
    database.stop()
    for one in breaks:
        typer.echo(f"ledger {one.seq}: {one.why}")
    said = {"ledger_rows": rows, "breaks": len(breaks), "integrity": sound, "root": now}
    waited = 0 if since is None else (clock.unix_ms() - since) // DAY_MS
    if waited:
        typer.echo(
            f"deleted marks wait for {waited} days to be wiped from the database's pages: "
            "disk and memory need half as much again as the database has, the server a quiet moment"
        )
    typer.echo(json.dumps(said))
    if breaks or sound != "ok":
        raise typer.Exit(1)


@app.command("check-documents")
def check_documents(folder: Path) -> None:
    """Send every file of a folder through the sandbox and ingest."""
    from server.sandbox.check_documents import main as run

    raise typer.Exit(run(folder))


@app.command("settings")
def list_settings(target: Path) -> None:
    """Write the table of settings, as docs/settings.md holds it."""
    target.write_text(settings_page(), encoding="utf-8")


@app.command()
def schema(target: Path) -> None:
    """Write the JSON Schema of the wire, from which the client's types are made."""
    words = json.dumps(client_schema(), ensure_ascii=False, indent=2, sort_keys=True)
    target.write_text(words + "\n", encoding="utf-8")


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
