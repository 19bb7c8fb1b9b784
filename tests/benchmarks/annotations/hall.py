"""A hall full of delegates: accounts, sessions, a meeting with one paper, private layers.

Written straight into a new database, because signing 2,000 devices in takes longer than the
benchmark; the server then finds them as it would find any.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server import clock
from server.annotating.layers import open_private_layer, raw
from server.annotating.messages import NewLayer
from server.annotating.rules import Bounds
from server.annotating.sharing import make_layer, open_presenter_layer
from server.app import build_server
from server.database import WriteSession
from server.documents import actions as documents
from server.documents.messages import NewDocument
from server.identity import SYSTEM, Actor
from server.meetings import actions as meetings
from server.meetings.messages import NewAgendaItem, NewMeeting, ParticipantPut
from server.meetings.rules import MeetingKind, ParticipantRole
from server.migrations.migrate import migrate
from server.people import actions as people
from server.people.queries import token_hash
from server.people.routes import cookie_name
from server.people.tables import SessionRow
from server.settings import Settings
from tests.benchmarks.annotations.machine import anywhere, on_server_core
from tests.benchmarks.annotations.strokes import Pushes, put
from tests.benchmarks.annotations.wire import Socket, connect, frame
from tests.benchmarks.annotations.writing import draw_into
from tests.harness.server import RunningServer

LAYERS = Bounds(per_document=10, per_person=10, people=10)
BOUNDS = meetings.MeetingBounds(days=31, items=200, people=5000)


@dataclass(frozen=True)
class Seat:
    """One device of one person, signed in, and the person's private layer."""

    person: str
    device: str
    cookie: str
    layer: str


@dataclass
class Hall:
    """The server's data and who may come."""

    data: Path
    people: int
    devices: int = 1
    marks: int = 0
    """Marks in the first person's layer, before the server starts."""
    shared: str = ""
    """The layer that everybody shares."""
    presented: str = ""
    """The presenter's layer, which the secretary writes on."""
    seats: list[Seat] = field(default_factory=list)
    secretary: Seat | None = None
    meeting: str = ""
    document: str = ""
    version: str = field(default_factory=clock.new_id)
    server: RunningServer | None = None

    def make(self) -> Hall:
        """Fill a new database."""
        server = build_server(Settings(data=self.data))
        migrate(server.database)
        server.database.write_now(SYSTEM, self._fill)
        server.database.stop()
        return self

    def start(self, pinned: bool = True, **more: str) -> RunningServer:
        """The server on its core, or anywhere."""
        bounds = {"PHONGHOP_LIVE_CONNECTIONS": "10000", "PHONGHOP_PARTICIPANTS": "5000", **more}
        self.server = RunningServer(self.data, more=bounds)
        return (on_server_core if pinned else anywhere)(self.server.start)

    def _fill(self, session: WriteSession) -> None:
        unit = people.add_organisation(session, "Ủy ban nhân dân tỉnh", "province")
        secretary = self._person(session, unit, "thuky", ("secretariat",))
        session.actor = secretary
        start = datetime.now(UTC)
        new = NewMeeting(
            kind=MeetingKind.REGULAR,
            title="Phiên họp",
            starts_at=start,
            ends_at=start + timedelta(hours=8),
        )
        self.meeting = meetings.create_meeting(session, new, BOUNDS).id
        meetings.add_item(session, self.meeting, NewAgendaItem(title="Khai mạc"), BOUNDS)
        actors = [
            self._person(session, unit, f"daibieu{number}", ("delegate",))
            for number in range(self.people)
        ]
        delegate = ParticipantPut(role=ParticipantRole.DELEGATE)
        for actor in actors:
            meetings.put_participant(session, self.meeting, actor.person_id, delegate, BOUNDS)
        paper = NewDocument(title="Báo cáo", sharing="everyone")
        self.document = documents.add_document(session, self.meeting, paper, 500).id
        meetings.issue_meeting(session, self.meeting)
        self.presented = open_presenter_layer(session, self.document).id
        self.secretary = self._seat(session, secretary, self.presented)
        for actor in actors:
            session.actor = actor
            layer = open_private_layer(session, self.document)
            for _ in range(self.devices):
                self.seats.append(self._seat(session, actor, layer))
        session.actor = actors[0]
        everybody = NewLayer(title="Ý kiến chung", audience="everyone", people=None)
        self.shared = make_layer(session, self.document, everybody, LAYERS).id
        session.flush()
        if self.marks:
            seat, ops = self.seats[0], [put(self.version, number) for number in range(self.marks)]
            draw_into(raw(session), seat.person, Pushes(seat.layer, self.version), ops)

    def _person(
        self, session: WriteSession, unit: str, username: str, roles: tuple[str, ...]
    ) -> Actor:
        id_ = people.add_person(
            session, username=username, name=username, organisation_id=unit, roles=roles
        )
        return Actor(id_, "", "", unit, frozenset(roles))

    def _seat(self, session: WriteSession, actor: Actor, layer: str) -> Seat:
        token, device, now = clock.new_id(), clock.new_id(), clock.unix_ms()
        session.add(
            SessionRow(
                id=clock.new_id(),
                token_hash=token_hash(token),
                person_id=actor.person_id,
                device_id=device,
                started_at=now,
                seen_at=now,
            )
        )
        return Seat(actor.person_id, device, f"{cookie_name(False)}={token}", layer)

    async def enter(self, seat: Seat, heard: Callable[[bytes], None], *first: Any) -> Socket:
        """A device's live socket after hello, which may be followed by other messages."""
        if self.server is None:
            raise RuntimeError("the server was not started")
        headers = {"Cookie": seat.cookie, "Origin": self.server.base}
        socket = await connect(self.server.port, "/live", heard, headers)
        hello = {"t": "hello", "protocol": 1, "device": seat.device, "cursors": {}}
        for message in (hello, *first):
            socket.send(frame(json.dumps(message).encode()))
        return socket
