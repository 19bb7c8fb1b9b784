"""Telling people's inboxes of a meeting: in pieces, so that no piece holds the writer for long, and
with pauses, so that all of them together do not either."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from server import clock
from server.database import Database, WriteSession
from server.documents import queries
from server.documents.tables import DocumentRow
from server.documents.views import meeting_card
from server.identity import SYSTEM
from server.live.changes import announce
from server.meetings import queries as meetings
from server.meetings.messages import CardGone, CardPut, DocumentPut
from server.meetings.tables import MeetingRow
from server.meetings.topics import inbox_topic
from server.people.queries import as_actor

AT_ONCE_SECONDS = 0.003
"""How long one transaction tells inboxes: some five of them on an idle machine, one on a busy one.
The writer owes a stroke its turn within 5 ms."""
PAUSE_SECONDS = 1.0
"""The longest pause between two of them."""


def tell_inbox(session: WriteSession, meeting_id: str, person_id: str) -> None:
    """Put the meeting's card as it is now into one person's list, or take it out."""
    row = session.get(MeetingRow, meeting_id)
    actor = as_actor(session, person_id)
    if row is None or actor is None:
        return
    topic = inbox_topic(person_id)
    seen = meetings.takes_part(session, actor, meeting_id)
    if not seen and not meetings.is_staff(session, actor, meeting_id):
        announce(session, topic, CardGone(kind="card_gone", meeting_id=meeting_id), forget=True)
        return
    card = CardPut(kind="card", card=meeting_card(session, actor, row))
    papers = [
        DocumentPut(kind="document", document=one)
        for one in queries.restricted_for(session, person_id)
        if one.meeting_id == meeting_id
    ]
    announce(session, topic, card, *papers)


def _tell(session: WriteSession, meeting_id: str, people: Sequence[str]) -> int:
    """Tell the first of these people, one at least; how many were told."""
    until = clock.monotonic() + AT_ONCE_SECONDS
    for told, person in enumerate(people, 1):
        tell_inbox(session, meeting_id, person)
        if clock.monotonic() >= until:
            return told
    return len(people)


@dataclass
class TellInboxes:
    """The job: everybody who has the meeting in their list hears of it."""

    database: Database

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Tell all, some at a time. While others want the writer too they have at least half of
        it: each pause is as long as the turn before it, waiting included."""
        meeting_id = str(payload["meeting_id"])
        people = await self.database.read(_audience, meeting_id)
        while people:
            began = clock.monotonic()
            told = await self.database.write(SYSTEM, _tell, meeting_id, people)
            people = people[told:]
            if self.database.waiting_now:
                await asyncio.sleep(min(clock.monotonic() - began, PAUSE_SECONDS))


def _audience(session: Session, meeting_id: str) -> list[str]:
    return meetings.audience(session, meeting_id)


def documents_on(session: Session, meeting_id: str, item_id: str) -> list[DocumentRow]:
    """The documents that hang on an item."""
    return [one for one in queries.documents_of(session, meeting_id) if one.item_id == item_id]
