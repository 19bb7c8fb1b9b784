"""HTTP handlers of people: signing in and out, about, who is who."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel import Session, select
from starlette.responses import Response

from server import __version__
from server.database import Database
from server.errors import DomainError, Invalid, NotFound
from server.http.endpoint import NOBODY, Call
from server.http.routing import NUMBER
from server.people import actions, queries
from server.people.about import parts
from server.people.messages import (
    About,
    DeviceClaim,
    Lease,
    Me,
    Part,
    PeopleFound,
    SessionStanding,
    SignedIn,
)
from server.people.rules import SessionBounds
from server.people.source import NAME, source_archive
from server.people.tables import DemoTileRow, PersonRow
from server.settings import Settings

COOKIE = "phonghop"
SOURCE = "/api/about/source"
COMPARED_AT_ONCE = 4
"""Passwords compared at once: each takes 64 MiB (RFC 9106) and a core, and so many bad ones at
most slip past the bound of their address."""


class Sessions:
    """How sessions are bounded and recognised on this server; one part of `Rooms`."""

    def __init__(self, settings: Settings, in_session: queries.InSession) -> None:
        self.settings = settings
        self.in_session = in_session
        self.bounds = SessionBounds(
            idle=timedelta(minutes=settings.idle_minutes),
            idle_in_session=timedelta(minutes=settings.idle_minutes_in_session),
            absolute=timedelta(hours=settings.session_hours),
        )
        self.sign_in = actions.SignInBounds(
            tries=settings.sign_in_tries,
            tries_per_address=settings.sign_in_tries_per_address,
            lock_ms=settings.sign_in_lock_minutes * 60_000,
            devices=settings.devices_per_person,
            lease_ms=settings.lease_days * 86_400_000,
        )
        self.comparing = asyncio.Semaphore(COMPARED_AT_ONCE)


class UploadsRefused:
    """Why uploads are refused on this machine (no sandbox holds); None where they work."""

    def __init__(self, reason: str | None) -> None:
        self.reason = reason


def cookie_name(secure: bool) -> str:
    """`__Host-` needs TLS; plain HTTP on a loopback address goes without (security.md)."""
    return f"__Host-{COOKIE}" if secure else COOKIE


def _is_secure(call: Call) -> bool:
    return bool(call.request.scope["scheme"] == "https")


def _set_cookie(call: Call, token: str) -> None:
    secure, age = _is_secure(call), call.settings.session_hours * 3600

    def put(response: Response) -> None:
        response.set_cookie(
            cookie_name(secure),
            token,
            max_age=age,
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    call.cookies.append(put)


def _account(session: Session, username: str) -> tuple[str, str | None] | None:
    row = session.exec(
        select(PersonRow.id, PersonRow.password)
        .where(PersonRow.username == username)
        .where(PersonRow.retired == False)  # noqa: E712 - SQL, not Python
    ).first()
    return (row[0], row[1]) if row else None


async def sign_in(call: Call) -> SignedIn:
    """Name and password. The hash is compared outside the writer, where it cannot hold others."""
    username, device = call.body.username.strip(), call.body.device
    database, sessions = call.rooms.database, call.rooms.get(Sessions)
    address = call.request.client.host if call.request.client else "unknown"
    bounds = sessions.sign_in
    async with sessions.comparing:
        left = await database.write(NOBODY, actions.take_try, username, device.id, address, bounds)
        found = await call.read(_account, username)
        stored = found[1] if found else None
        matches = await asyncio.to_thread(actions.password_matches, stored, call.body.password)
        if found is None or not matches:
            whose = found[0] if found else None
            await database.write(NOBODY, actions.note_refused, whose, address, left, bounds)
            raise DomainError("wrong_credentials", 401, left=left)
    return await _welcome(call, found[0], device, stored)


async def enter_demo(call: Call) -> SignedIn:
    """Enter as one of the demo's roles."""

    def person(session: Session, key: str) -> str:
        row = session.get(DemoTileRow, key)
        if row is None:
            raise NotFound()
        return row.person_id

    if not call.settings.demo:
        raise NotFound()
    return await _welcome(call, await call.read(person, call.body.tile), call.body.device)


async def _welcome(
    call: Call, person_id: str, device: DeviceClaim, compared: str | None = None
) -> SignedIn:
    database: Database = call.rooms.database
    sessions = call.rooms.get(Sessions)
    opened = await database.write(
        NOBODY, actions.open_session, person_id, device, sessions.sign_in, compared
    )
    _set_cookie(call, opened.token)
    me = await database.read(queries.me, opened.actor, sessions.bounds, sessions.in_session)
    lease = actions.lease(opened.actor, opened.lease_key, call.settings.lease_days)
    return SignedIn(me=me, lease=lease)


async def sign_out(call: Call) -> None:
    """End this session."""
    await call.write(actions.sign_out)
    secure = _is_secure(call)
    call.cookies.append(
        lambda response: response.delete_cookie(
            cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax"
        )
    )


async def session_standing(call: Call) -> SessionStanding:
    """Whether there is a session, for a page that does not know it yet."""
    await call.read(lambda session: None)
    return SessionStanding(signed_in=call.maybe_actor is not None)


async def who_am_i(call: Call) -> Me:
    """The signed-in person."""
    sessions = call.rooms.get(Sessions)
    return await call.read(queries.me, call.actor, sessions.bounds, sessions.in_session)


async def renew_lease(call: Call) -> Lease:
    """The key for this device, with a new end."""
    return await call.write(actions.renew_lease, call.settings.lease_days)


async def find_people(call: Call) -> PeopleFound:
    """People by name, position or unit."""
    words = call.request.query_params.get("q", "")[:200]
    limit = call.request.query_params.get("limit", "20")
    if not NUMBER.fullmatch(limit):
        raise Invalid("limit")
    most = min(int(limit), call.settings.people_found)
    return await call.read(queries.find_people, words, most)


async def about(call: Call) -> About:
    """What anybody may know of this server."""
    tiles = await call.read(queries.tiles) if call.settings.demo else []
    return About(
        name="phonghop",
        version=__version__,
        licence="AGPL-3.0-or-later",
        source_url=call.settings.source_url or SOURCE,
        demo=call.settings.demo,
        tiles=tiles,
        uploads_refused=call.rooms.get(UploadsRefused).reason,
    )


async def source(call: Call) -> Response:
    """The source of the running version, as a tar.gz."""
    archive = await asyncio.to_thread(source_archive)
    name = f'attachment; filename="{NAME}.tar.gz"'
    headers = {"Content-Disposition": name, "Cache-Control": "public, max-age=3600"}
    return Response(archive, media_type="application/gzip", headers=headers)


async def about_parts(call: Call) -> list[Any]:
    """The libraries inside, with their licences."""
    inventory: list[Part] = await asyncio.to_thread(parts)
    return inventory
