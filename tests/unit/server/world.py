"""A small province with one draft and one issued meeting, and one actor of each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from server.annotating import layers, sharing
from server.annotating.messages import LayerPatch, NewLayer
from server.annotating.rules import Audience, Bounds
from server.database import Database, WriteSession
from server.documents import actions as documents
from server.documents.messages import NewDocument
from server.identity import SYSTEM, Actor
from server.meetings import actions as meetings
from server.meetings.messages import (
    AgendaItemPatch,
    NewAgendaItem,
    NewMeeting,
    ParticipantPut,
)
from server.meetings.queries import item_rows
from server.meetings.rules import MeetingKind, ParticipantRole
from server.people import actions as people

BOUNDS = meetings.MeetingBounds(days=31, items=200, people=1000)
LAYER_BOUNDS = Bounds(per_document=50, per_person=5, people=100)
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("tinh", ("system_admin",)),
    "secretariat": ("tinh", ("secretariat",)),
    "secretariat_elsewhere": ("xa", ("secretariat",)),
    "chair": ("tinh", ("delegate",)),
    "secretary": ("xa", ("delegate",)),
    "delegate": ("xa", ("delegate",)),
    "chosen": ("xa", ("delegate",)),
    "guest": ("xa", ("guest",)),
    "stranger": ("xa", ("delegate",)),
}
"""Who they are: unit and standing roles. `chosen` is the delegate a restricted paper is shown to;
`stranger` takes no part."""

PARTS = {
    "chair": ParticipantRole.CHAIR,
    "secretary": ParticipantRole.SECRETARY,
    "delegate": ParticipantRole.DELEGATE,
    "chosen": ParticipantRole.DELEGATE,
    "guest": ParticipantRole.GUEST,
}


@dataclass
class Province:
    """Ids of what was made."""

    database: Database
    actors: dict[str, Actor] = field(default_factory=dict)
    draft: str = ""
    issued: str = ""
    first_item: str = ""
    """Presented by `guest`; the public paper hangs on it."""
    papers: dict[str, str] = field(default_factory=dict)
    """`public`, `restricted`, `internal`, `restricted_internal` of the issued meeting, `draft`."""
    layers: dict[str, str] = field(default_factory=dict)
    """`delegate`'s on the public paper: `private`, `me`, `people` (with `guest`), `everyone`, and
    the `presenter`'s there; `chosen`'s for `everyone` on the restricted one: `restricted`."""

    def make(self, session: WriteSession) -> None:
        """All of it in one transaction."""
        units = {"tinh": people.add_organisation(session, "Ủy ban nhân dân tỉnh", "province")}
        units["xa"] = people.add_organisation(session, "Xã Đồng Mạ", "commune", units["tinh"])
        for name, (unit, roles) in ROLES.items():
            person = people.add_person(
                session, username=name, name=name, organisation_id=units[unit], roles=roles
            )
            self.actors[name] = Actor(
                person, f"session-{name}", f"device-{name}", units[unit], frozenset(roles)
            )
        session.actor = self.actors["secretariat"]
        self.draft = self._meeting(session)
        self.issued = self._meeting(session)
        self.first_item = item_rows(session, self.issued)[0].id
        presented = AgendaItemPatch(presenter_id=self.actors["guest"].person_id)
        meetings.change_item(session, self.issued, self.first_item, presented)
        item = meetings.add_item(
            session, self.issued, NewAgendaItem(title="Nội bộ", internal=True), BOUNDS
        )
        chosen = [self.actors["chosen"].person_id]
        for name, meeting, new in (
            ("draft", self.draft, NewDocument(title="Nháp")),
            ("public", self.issued, NewDocument(title="Báo cáo", item_id=self.first_item)),
            ("restricted", self.issued, NewDocument(title="Mật", shown_to=chosen)),
            ("internal", self.issued, NewDocument(title="Nội bộ", item_id=item.id)),
            (
                "restricted_internal",
                self.issued,
                NewDocument(title="Nội bộ, mật", item_id=item.id, shown_to=chosen),
            ),
        ):
            self.papers[name] = documents.add_document(session, meeting, new, 500).id
        meetings.issue_meeting(session, self.issued)
        self._share(session)

    def _share(self, session: WriteSession) -> None:
        staff = session.actor
        public = self.papers["public"]
        session.actor = self.actors["delegate"]
        self.layers["private"] = layers.open_private_layer(session, public)
        self.layers["everyone"] = self._layer(session, public, "everyone")
        self.layers["people"] = self._layer(session, public, "people", "guest")
        self.layers["me"] = self._layer(session, public, "people", "guest")
        sharing.change_layer(session, self.layers["me"], LayerPatch(audience="me"), LAYER_BOUNDS)
        session.actor = self.actors["chosen"]
        self.layers["restricted"] = self._layer(session, self.papers["restricted"], "everyone")
        session.actor = staff
        self.layers["presenter"] = sharing.open_presenter_layer(session, public).id

    def _layer(self, session: WriteSession, document: str, audience: Audience, *people: str) -> str:
        named = [self.actors[one].person_id for one in people]
        new = NewLayer(title="Góp ý", audience=audience, people=named)
        return sharing.make_layer(session, document, new, LAYER_BOUNDS).id

    def _meeting(self, session: WriteSession) -> str:
        new = NewMeeting(
            kind=MeetingKind.REGULAR,
            title="Phiên họp",
            starts_at=START,
            ends_at=START + timedelta(hours=3),
        )
        meeting = meetings.create_meeting(session, new, BOUNDS).id
        meetings.add_item(session, meeting, NewAgendaItem(title="Khai mạc"), BOUNDS)
        for name, role in PARTS.items():
            put = ParticipantPut(role=role)
            person = self.actors[name].person_id
            meetings.put_participant(session, meeting, person, put, BOUNDS)
        return meeting


def fill(province: Province, layer: str, marks: int, who: str = "delegate") -> None:
    """Put so many marks of this person straight onto a layer, with their history."""
    author = province.actors[who].person_id
    given = [
        {"i": f"{layer}-{who}-{number}", "l": layer, "n": number, "a": author}
        for number in range(marks)
    ]

    def put(session: WriteSession) -> None:
        session.connection().execute(
            text(
                "INSERT INTO annotation VALUES (:i, :l, '', '', 0, 'note', 1, :n, 0, :a, 0, 0, "
                "'{}', '{}', '', 0, NULL, NULL, NULL, NULL, NULL, '', '1,1,1,1', '')"
            ),
            given,
        )
        session.connection().execute(
            text("INSERT OR IGNORE INTO op VALUES (:l, :n, :i, 1, :i, NULL, '', :a, 0)"), given
        )

    province.database.write_now(SYSTEM, put)
