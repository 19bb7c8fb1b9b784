"""Filling an empty server with the demo province, on top of the features' own actions.

Organisations, people and meetings are there before the page is up; the papers are drawn one after
the other by a job, in child processes, and read like any uploaded file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import structlog
from sqlmodel import Session

from server import clock
from server.database import Database, WriteSession
from server.demo.discussion import DISCUSS, PAPER, Discuss, plan_discussion
from server.demo.meetings import ZONE, DemoDocument, DemoMeeting, DemoParticipant, meetings
from server.demo.papers import paper_in_child
from server.demo.people import DEMO_TILES, DemoPerson, people
from server.demo.province import PROVINCE, Profile, organisations
from server.documents.actions import add_document, add_version
from server.documents.messages import NewDocument
from server.documents.queries import document_row, newest_version
from server.http.files import Files
from server.identity import SYSTEM, Actor
from server.jobs.queue import Lane, enqueue
from server.meetings import actions
from server.meetings.messages import NewAgendaItem, NewMeeting, ParticipantPut
from server.meetings.rules import MeetingKind, MeetingState, ParticipantRole, PurgeBounds
from server.meetings.tables import MeetingRow
from server.people.actions import HASHER, add_organisation, add_person
from server.people.queries import has_people
from server.people.rules import Role
from server.people.tables import DemoTileRow, OrganisationRow
from server.settings import Settings

log = structlog.get_logger(__name__)
PASSWORD = "phonghop-demo"  # noqa: S105 - the demo's only, and only on a loopback address
DRAW, MARKER = "demo_paper", "demo"
OFFICE, BODY = f"{PROVINCE}/van-phong", f"{PROVINCE}/ubnd"
BOUNDS = actions.MeetingBounds(days=31, items=200, people=1000)
DOCUMENTS = 500

ROLES: dict[str, Role] = {
    "system_admin": Role.SYSTEM_ADMIN,
    "unit_admin": Role.UNIT_ADMIN,
    "secretariat": Role.SECRETARIAT,
    "approver": Role.APPROVER,
    "delegate": Role.DELEGATE,
    "guest": Role.GUEST,
    "site": Role.ROOM,
    "operator": Role.OPERATOR,
}
KINDS: dict[str, MeetingKind] = {
    "Phiên họp UBND thường kỳ": MeetingKind.REGULAR,
    "Phiên họp UBND chuyên đề": MeetingKind.THEMATIC,
    "Giao ban trực tuyến": MeetingKind.BRIEFING,
}
PARTS: dict[str, ParticipantRole] = {
    "chair": ParticipantRole.CHAIR,
    "secretary": ParticipantRole.SECRETARY,
    "delegate": ParticipantRole.DELEGATE,
}


async def start_demo(database: Database, files: Files, settings: Settings) -> Lane:
    """Seed an empty database; the lane draws the papers that are still missing."""
    profile = Profile(settings.demo_profile)
    if not await database.read(has_people):
        (settings.data / MARKER).touch()
        hashed = await asyncio.to_thread(HASHER.hash, PASSWORD)
        await database.write(SYSTEM, seed, profile, clock.now().astimezone(ZONE), hashed)
    return Lane({DRAW: DrawPaper(database, files), DISCUSS: Discuss(database, files)})


def seed(session: WriteSession, profile: Profile, now: datetime, hashed: str) -> None:
    """Everything but the papers. The one action that may hold the writer: nobody is there yet."""
    units = _add_organisations(session, profile)
    ids = _add_people(session, profile, units, hashed)
    planned = meetings(now.date(), now, profile)
    session.actor = Actor(ids["thuky"], "", "", units[OFFICE], frozenset({Role.SECRETARIAT}))
    for plan in planned:
        _add_meeting(session, plan, profile, now.date(), ids)


def _add_organisations(session: WriteSession, profile: Profile) -> dict[str, str]:
    units: dict[str, str] = {}
    for sort, unit in enumerate(organisations(profile)):
        parent = units[unit.parent_key] if unit.parent_key else None
        units[unit.key] = add_organisation(session, unit.name, unit.level, parent, sort)
    office = session.get_one(OrganisationRow, units[OFFICE])
    office.serves_id = units[BODY]
    session.add(office)
    return units


def _add_people(
    session: WriteSession, profile: Profile, units: dict[str, str], hashed: str
) -> dict[str, str]:
    ids: dict[str, str] = {}
    for person in people(profile):
        ids[person.username] = add_person(
            session,
            username=person.username,
            name=person.full_name,
            organisation_id=units[person.organisation_key],
            form_of_address=_address(person),
            position=person.position,
            roles=sorted({ROLES[role] for role in person.roles if role in ROLES}),
            password_hash=hashed,
        )
    session.add_all(
        DemoTileRow(key=key, person_id=ids[username], sort=sort)
        for sort, (key, username) in enumerate(DEMO_TILES)
    )
    session.flush()
    return ids


def _address(person: DemoPerson) -> str:
    return " ".join(part for part in (person.address, person.title) if part)


def _add_meeting(
    session: WriteSession, plan: DemoMeeting, profile: Profile, today: date, ids: dict[str, str]
) -> None:
    new = NewMeeting(
        kind=KINDS[plan.kind],
        title=plan.title,
        place=plan.location,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
    )
    meeting = actions.create_meeting(session, new, BOUNDS)
    names = {person.username: _presenter(person) for person in people(profile)}
    for number, item in enumerate(plan.items):
        added = actions.add_item(
            session,
            meeting.id,
            NewAgendaItem(
                title=item.title,
                presenter=names.get(item.presenter, ""),
                presenter_id=ids.get(item.presenter),
                minutes=item.minutes,
            ),
            BOUNDS,
        )
        for document in item.documents:
            _add_document(session, meeting.id, added.id, document, ids, profile, today, number)
    for participant in plan.participants:
        _add_participant(session, meeting.id, participant, ids)
    actions.issue_meeting(session, meeting.id)
    if plan.state != MeetingState.ISSUED:
        actions.open_meeting(session, meeting.id)
    if plan.state == MeetingState.CLOSED:
        actions.close_meeting(session, meeting.id, PurgeBounds(0, 0))
    _set_times(session, meeting, plan)


def _presenter(person: DemoPerson) -> str:
    return f"{_address(person)} {person.full_name}, {person.position}"[:120]


def _add_participant(
    session: WriteSession, meeting_id: str, participant: DemoParticipant, ids: dict[str, str]
) -> None:
    role = PARTS.get(participant.role, ParticipantRole.GUEST)
    put = ParticipantPut(role=role)
    actions.put_participant(session, meeting_id, ids[participant.username], put, BOUNDS)


def _add_document(
    session: WriteSession,
    meeting_id: str,
    item_id: str,
    document: DemoDocument,
    ids: dict[str, str],
    profile: Profile,
    today: date,
    number: int,
) -> None:
    shown_to = [ids[name] for name in document.restricted_to or ()] or None
    new = NewDocument(
        item_id=item_id,
        kind=document.kind,
        title=document.title,
        number_symbol=document.number_symbol,
        shown_to=shown_to,
    )
    card = add_document(session, meeting_id, new, DOCUMENTS)
    payload = {
        "document_id": card.id,
        "key": document.key,
        "file_name": document.file_name,
        "today": today.isoformat(),
        "profile": profile.value,
    }
    enqueue(session, DRAW, payload, after_ms=number)


def _set_times(session: WriteSession, meeting: MeetingRow, plan: DemoMeeting) -> None:
    """The past meetings took place when they were planned."""
    if meeting.opened_at is not None:
        meeting.opened_at = int(plan.starts_at.timestamp() * 1000)
    if meeting.closed_at is not None:
        meeting.closed_at = int(plan.ends_at.timestamp() * 1000)
    session.add(meeting)
    session.flush()


def _has_version(session: Session, document_id: str) -> bool:
    return newest_version(session, document_id) is not None


@dataclass
class DrawPaper:
    """The job that draws one paper and hands it in."""

    database: Database
    files: Files

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Draw, store, and let it be read like an upload."""
        document_id = str(payload["document_id"])
        if await self.database.read(_has_version, document_id):
            return
        content = await asyncio.to_thread(
            paper_in_child,
            str(payload["key"]),
            date.fromisoformat(payload["today"]),
            Profile(payload["profile"]),
            time(8),
        )
        stored = await asyncio.to_thread(self.files.put, content)

        def hand_in(session: WriteSession) -> None:
            row = document_row(session, document_id)
            add_version(session, row, str(payload["file_name"]), stored)
            if payload["key"] == PAPER:
                plan_discussion(session, document_id)

        await self.database.write(SYSTEM, hand_in)
