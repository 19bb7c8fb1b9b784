"""`create_app(settings)`: the only place where the parts are joined.

The floor never imports up: identity, rights, ledger and reactions are handed to `database`,
`live` and `http` from here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from pydantic import BaseModel
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from server import __version__, clock, garbage, permissions
from server.annotating.export import Exports
from server.annotating.gateway import Annotating
from server.annotating.imported import KeepMarks
from server.annotating.package import Packages
from server.annotating.purge import FORGET, ForgetAnswers, PurgeLayer
from server.annotating.retention import (
    PURGE_MARKS,
    SCRUB,
    PurgeMarks,
    Scrub,
    plan_overdue,
    replay,
)
from server.annotating.sharing import PURGE
from server.annotating.tombstones import Tombstones
from server.annotating.trimming import TRIM_MARKS, TrimMarks
from server.client import client_routes
from server.database import Database, Wiring
from server.demo.seed import start_demo
from server.documents.collecting import COLLECT_FILES, CollectFiles
from server.documents.inboxes import TellInboxes
from server.documents.ingest import Ingest
from server.documents.routes import Uploads
from server.endpoints import ENDPOINTS, TOPICS
from server.errors import DomainError, NotAllowed
from server.http.endpoint import Rooms
from server.http.files import Files
from server.http.idempotency import forget_before
from server.http.routing import routes
from server.http.shields import Origins, Shields
from server.identity import SYSTEM, Actor
from server.jobs.queue import Handler, Jobs, Lane, enqueue, reclaim
from server.live import changes
from server.live.gateway import CaughtUp, Gateway
from server.live.hub import Hub
from server.meetings.queries import in_session
from server.meetings.rules import DAY_MS
from server.migrations.migrate import migrate
from server.people.actions import forget_ended, touch_sessions
from server.people.elsewhere import Elsewhere
from server.people.queries import living_session, token_hash
from server.people.routes import Sessions, UploadsRefused, cookie_name
from server.people.signed_in import SignedIn
from server.reactions import react
from server.sandbox.ladder import Sandbox, choose_sandbox
from server.sandbox.limits import SandboxLimits
from server.sandbox.tiles import TileRenderer
from server.settings import Settings

log = structlog.get_logger(__name__)
ASKED_BY_ITSELF = frozenset({"/api/lease", "/api/device/standing"})
"""Commands that a tablet sends without anybody touching it: they keep no session awake."""
TOUCH_SECONDS = 60
"""How exactly a session remembers when it was last used; finer costs a write per request."""
TOUCHED_TOGETHER_SECONDS = 0.5
"""Sessions used within it are written at once: a hall that begins to write would otherwise make as
many COMMITs for that as for its strokes."""
DAILY = (TRIM_MARKS, COLLECT_FILES)
"""Work done a day after it was last done: entered again each hour, one of each waits."""
RESTART_SECONDS = 2.0
"""When clients may come back after a planned restart, spread out from then on."""


@dataclass
class Identity:
    """Who is behind a request or a socket, by the cookie."""

    database: Database
    sessions: Sessions
    _touched: dict[str, float] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _noting: asyncio.Task[None] | None = None

    async def identify(self, connection: HTTPConnection) -> Actor | None:
        """The actor of the cookie's session, unless it has ended."""
        secure = connection.scope["scheme"] in ("https", "wss")
        token = connection.cookies.get(cookie_name(secure))
        if not token:
            return None
        living = await self.database.read(
            living_session, "token_hash", token_hash(token), self.sessions.bounds, in_session
        )
        return living.actor if living else None

    async def identify_and_touch(self, request: Request) -> Actor | None:
        """The same for a request; a command keeps the session awake. Reading does not: live news
        make an untouched tablet read, and who reads by hand says so with `active`."""
        actor = await self.identify(request)
        commanded = request.method not in ("GET", "HEAD")
        if actor is not None and commanded and request.scope["path"] not in ASKED_BY_ITSELF:
            await self.touch(actor)
        return actor

    async def still_signed_in(self, actor: Actor) -> bool:
        """Whether the session behind a socket lives."""
        living = await self.database.read(
            living_session, "id", actor.session_id, self.sessions.bounds, in_session
        )
        return living is not None and living.actor.roles == actor.roles

    async def touch(self, actor: Actor) -> None:
        """The person did something; written at most once a minute per session, a moment later,
        with others. Nobody waits for it, and what cannot be written (a full disk) keeps nobody from
        reading."""
        now = clock.monotonic()
        if now - self._touched.get(actor.session_id, -TOUCH_SECONDS) < TOUCH_SECONDS:
            return
        if len(self._touched) > 10_000:
            self._touched.clear()
        self._touched[actor.session_id] = now
        self._seen.add(actor.session_id)
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note_seen())

    async def _note_seen(self) -> None:
        while self._seen:
            await asyncio.sleep(TOUCHED_TOGETHER_SECONDS)
            seen, self._seen = self._seen, set()
            try:
                await self.database.write(SYSTEM, touch_sessions, seen)
            except DomainError as error:
                log.warning("sessions_not_touched", code=error.code)


@dataclass
class Topics:
    """What a subscription starts with: the gate, then missed frames or a snapshot."""

    database: Database
    most: int

    async def catch_up(self, actor: Actor, topic: str, cursor: int | None) -> CaughtUp:
        """Read on one snapshot of the database."""
        return await self.database.read(self._read, actor, topic, cursor)

    def _read(self, session: Session, actor: Actor, topic: str, cursor: int | None) -> CaughtUp:
        name, _, rest = topic.partition(":")
        one, _, part = rest.partition(":")
        kind = TOPICS.get(f"{name}.{part}" if part else name)
        if kind is None:
            raise NotAllowed("topic_unknown")
        permissions.require(session, actor, kind.may, {kind.id_name: one})
        newest, _ = changes.head(session, topic)
        if cursor is not None:
            frames = changes.missed(session, topic, cursor)
            if frames is not None:
                return CaughtUp(newest, list(frames), None)
        snapshot: BaseModel = kind.snapshot(session, actor, one, self.most)
        return CaughtUp(newest, None, snapshot)


@dataclass
class Server:
    """The running parts, for the lifespan and for tests."""

    settings: Settings
    database: Database
    files: Files
    hub: Hub
    rooms: Rooms
    sessions: Sessions
    identity: Identity
    jobs: Jobs
    gateway: Gateway
    sandbox: Sandbox | None = None
    _tidying: asyncio.Task[None] | None = None
    _listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bring up what needs a loop; the page answers when this returns."""
        settings = self.settings
        await asyncio.to_thread(self.files.prepare)
        await asyncio.to_thread(migrate, self.database)
        self.database.start()
        await self.database.write(SYSTEM, reclaim)
        purged = await asyncio.to_thread(Tombstones(settings.purges_file).meetings)
        await self.database.write(SYSTEM, replay, purged)
        self.sandbox = await choose_sandbox(
            sandbox_limits(settings), allow_unsandboxed=settings.allow_unsandboxed
        )
        log.info("sandbox", rung=self.sandbox.rung, why=self.sandbox.explain())
        refused = self.sandbox.explain() if self.sandbox.rung is None else None
        self.rooms.add(UploadsRefused(refused))
        self.rooms.add(TileRenderer(self.sandbox))
        self.rooms.add(self.sandbox)
        self.rooms.add(Exports(settings.exports_at_once, settings.exports_waiting))
        turns = Exports(settings.packages_at_once, settings.packages_waiting)
        self.rooms.add(Packages(turns, settings.packages_at_once + settings.packages_waiting))
        self.jobs.lanes += self._lanes(self.sandbox)
        if settings.demo:
            lane = await start_demo(self.database, self.files, settings)
            self.jobs.lanes.append(lane)
        self.jobs.start()
        self._tidying = asyncio.create_task(self._tidy())
        self._listening = asyncio.create_task(Elsewhere(self.database, self.hub).listen())

    async def _tidy(self) -> None:
        """Drop what has served its time, at the start and every hour."""
        settings, hour = self.settings, 3_600_000
        while True:
            now = clock.unix_ms()
            answered = now - settings.idempotency_hours * hour
            started = now - settings.session_hours * hour
            tried = now - settings.sign_in_lock_minutes * 60_000
            try:
                await self.database.write(SYSTEM, forget_before, answered)
                await self.database.write(SYSTEM, forget_ended, started, tried)
                await self.database.write(SYSTEM, plan_overdue)
                for kind in DAILY:
                    unique = f"{kind}:daily"
                    await self.database.write(
                        SYSTEM, enqueue, kind, {}, after_ms=DAY_MS, unique=unique
                    )
            except Exception:
                log.exception("not_tidied")
            await asyncio.sleep(hour / 1000)

    def _lanes(self, sandbox: Sandbox) -> list[Lane]:
        ingest = Ingest(self.database, self.files, sandbox, KeepMarks(self.database))
        reading = Lane({"ingest": ingest}, self.settings.ingest_workers, {"ingest": ingest.give_up})
        telling = Lane({"tell_inboxes": TellInboxes(self.database)})
        always = [telling, Lane(self._keeping_house())]
        return [reading, *always] if sandbox.rung is not None else always

    def _keeping_house(self) -> dict[str, Handler]:
        database, settings = self.database, self.settings
        history, deleted = settings.mark_history_days, settings.deleted_marks_days
        young = settings.unnamed_file_hours * 3600 + settings.upload_seconds
        return {
            PURGE: PurgeLayer(database),
            FORGET: ForgetAnswers(database),
            PURGE_MARKS: PurgeMarks(database, Tombstones(settings.purges_file)),
            SCRUB: Scrub(database),
            TRIM_MARKS: TrimMarks(database, history, deleted),
            COLLECT_FILES: CollectFiles(database, self.files, young),
        }

    async def leave(self) -> None:
        """Tell the clients when to come back."""
        await self.gateway.leave(RESTART_SECONDS)

    async def stop(self) -> None:
        """Tell the clients, finish what waits, close."""
        await self.leave()
        for task in (self._tidying, self._listening):
            if task is not None:
                task.cancel()
        await self.jobs.stop()
        await self.rooms.get(TileRenderer).aclose()
        await asyncio.to_thread(self.database.stop)


def sandbox_limits(settings: Settings) -> SandboxLimits:
    """The operator's settings as the sandbox's bounds."""
    return SandboxLimits(
        max_file_bytes=settings.upload_bytes,
        max_pages=settings.pages_per_document,
        total_cpu_s=settings.ingest_seconds,
        memory_bytes=settings.ingest_memory,
        warm_processes=settings.tile_processes,
        warm_idle_s=float(settings.tile_idle_seconds),
        warm_queue=settings.tiles_waiting,
    )


def build_server(settings: Settings) -> Server:
    """All parts, joined but not started."""
    changes.KEPT.count = settings.changes_kept
    hub = Hub()
    jobs_holder: list[Jobs] = []

    def committed(effects: object) -> None:
        hub.committed(effects)  # type: ignore[arg-type]
        if getattr(effects, "jobs_waiting", False):
            jobs_holder[0].wake()

    database = Database(
        settings.database_file,
        group=settings.write_group,
        group_ms=settings.write_group_ms,
        waiting=settings.writes_waiting,
        readers=settings.readers,
        wiring=Wiring(on_facts=react, on_committed=committed),
    )
    files = Files(settings.files)
    sessions = Sessions(settings, in_session)
    identity = Identity(database, sessions)
    rooms = Rooms(database, settings)
    rooms.add(files)
    rooms.add(sessions)
    rooms.add(Uploads(settings.uploads_at_once))
    rooms.add(hub)
    jobs = Jobs(database, [], settings.job_lease_seconds, settings.job_attempts)
    jobs_holder.append(jobs)
    origins = Origins.of(settings.host, settings.origins)
    gateway = Gateway(
        hub=hub,
        identify=identity.identify,
        still_signed_in=identity.still_signed_in,
        lives_on=SignedIn(database, sessions.bounds, in_session).ask,
        touch=identity.touch,
        origin_allowed=lambda socket: (
            origins.host_allowed(socket.headers) and origins.same_origin(socket)
        ),
        catch_up=Topics(database, settings.my_meetings).catch_up,
        version=__version__,
        heartbeat_s=settings.live_heartbeat_seconds,
        outbox_bytes=settings.live_outbox_bytes,
        most_connections=settings.live_connections,
        most_topics=settings.live_topics,
    )
    gateway.guests["ann"] = Annotating(database, hub, identity.touch)
    return Server(settings, database, files, hub, rooms, sessions, identity, jobs, gateway)


def create_app(settings: Settings) -> Starlette:
    """The ASGI application."""
    server = build_server(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await server.start()
        garbage.settle()
        collecting = asyncio.create_task(
            garbage.collect_in_quiet(
                lambda: server.database.written_at,
                lambda: not server.hub.connections,
                server.database.forget_pages,
            )
        )
        try:
            yield
        finally:
            collecting.cancel()
            await server.stop()

    async def live(socket: WebSocket) -> None:
        await server.gateway.serve(socket)

    table: list[BaseRoute] = [
        *routes(ENDPOINTS, server.rooms, permissions.require, server.identity.identify_and_touch),
        WebSocketRoute("/live", live),
        *client_routes(settings.client),
    ]
    origins = Origins.of(settings.host, settings.origins)
    app = Starlette(
        routes=table, lifespan=lifespan, middleware=[Middleware(Shields, origins=origins)]
    )
    app.state.server = server
    return app
