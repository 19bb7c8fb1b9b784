"""Who hears of papers: what a topic says, and what it still says to those who ask for all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from server.database import Database
from server.documents import actions as documents
from server.documents import ingest
from server.documents.inboxes import tell_inbox
from server.documents.messages import DocumentPatch, NewDocument
from server.documents.queries import document_row, restricted_for
from server.documents.views import my_meetings
from server.http.files import Stored
from server.identity import SYSTEM
from server.live.changes import head, missed
from server.meetings import actions as meetings
from server.meetings.messages import AgendaItemPatch
from server.meetings.queries import audience
from server.meetings.topics import inbox_topic, meeting_topic

from .world import Province


@pytest.fixture
def province(closed_database: Database) -> Province:
    made = Province(closed_database)
    closed_database.write_now(SYSTEM, made.make)
    return made


def said(province: Province, topic: str, since: int = 0) -> list[dict[str, Any]]:
    """Everything that the topic serves after `since`; nothing where it serves a snapshot."""
    frames = province.database.read_now(missed, topic, since) or []
    return [item for _, frame in frames for item in json.loads(frame)["items"]]


def newest(province: Province, topic: str) -> int:
    return province.database.read_now(head, topic)[0]


def change(province: Province, paper: str, **patch: Any) -> None:
    staff = province.actors["secretariat"]
    action = documents.change_document
    province.database.write_now(staff, action, province.papers[paper], DocumentPatch(**patch))


def test_a_paper_that_is_restricted_later_is_forgotten_by_the_topic(province: Province) -> None:
    topic = meeting_topic(province.issued)
    change(province, "public", shown_to=[province.actors["chosen"].person_id])
    assert "Báo cáo" not in json.dumps(said(province, topic), ensure_ascii=False)
    assert said(province, topic, newest(province, topic) - 1) == [
        {"kind": "document_gone", "document_id": province.papers["public"]}
    ]


def test_what_a_draft_went_through_is_not_told_to_its_participants(province: Province) -> None:
    staff, draft = province.actors["secretariat"], province.draft
    topic = meeting_topic(draft)
    province.database.write_now(staff, documents.delete_document, province.papers["draft"])
    new = NewDocument(title="Chưa ai được biết")
    made = province.database.write_now(staff, documents.add_document, draft, new, 500)
    patch = DocumentPatch(title="Báo cáo")
    province.database.write_now(staff, documents.change_document, made.id, patch)
    province.database.write_now(staff, meetings.issue_meeting, draft)
    told = said(province, topic) + said(province, topic, newest(province, topic) - 1)
    assert "meeting" in [one["kind"] for one in told]
    assert "document" not in [one["kind"] for one in told]


def test_an_item_turned_internal_takes_its_restricted_papers_from_their_readers(
    province: Province,
) -> None:
    staff, chosen = province.actors["secretariat"], province.actors["chosen"].person_id
    item = province.database.read_now(_items, province.issued)[0]
    change(province, "restricted", item_id=item)
    inbox = inbox_topic(chosen)
    since = newest(province, inbox)
    patch = AgendaItemPatch(internal=True)
    province.database.write_now(
        staff,
        meetings.change_item,
        province.issued,
        item,
        patch,
    )
    gone = {"kind": "document_gone", "document_id": province.papers["restricted"]}
    assert gone in said(province, inbox, since)
    assert province.database.read_now(restricted_for, chosen) == []


def test_moving_a_restricted_paper_to_an_internal_item_tells_its_readers(
    province: Province,
) -> None:
    chosen = province.actors["chosen"].person_id
    inbox, since = inbox_topic(chosen), newest(province, inbox_topic(chosen))
    internal = province.database.read_now(_items, province.issued)[1]
    change(province, "restricted", item_id=internal)
    gone = {"kind": "document_gone", "document_id": province.papers["restricted"]}
    assert said(province, inbox, since) == [gone]


def test_a_named_person_who_takes_no_part_hears_nothing(province: Province) -> None:
    staff, chosen = province.actors["secretariat"], province.actors["chosen"].person_id
    remove = meetings.remove_participant
    province.database.write_now(staff, remove, province.issued, chosen)
    inbox = inbox_topic(chosen)
    since = newest(province, inbox)
    change(province, "restricted", title="Mật, bản hai")
    assert said(province, inbox, since) == []
    assert "Mật" not in json.dumps(said(province, inbox), ensure_ascii=False)


@pytest.mark.parametrize(
    ("who", "papers"),
    [("delegate", 1), ("guest", 1), ("chosen", 2), ("secretary", 4), ("secretariat", 4)],
)
def test_the_list_counts_only_the_papers_one_may_know_of(
    province: Province, who: str, papers: int
) -> None:
    actor = province.actors[who]
    found = province.database.read_now(my_meetings, actor, 10).meetings
    assert {one.meeting.id: one.documents for one in found}[province.issued] == papers
    inbox = inbox_topic(actor.person_id)
    since = newest(province, inbox)
    province.database.write_now(SYSTEM, tell_inbox, province.issued, actor.person_id)
    cards = [one for one in said(province, inbox, since) if one["kind"] == "card"]
    assert cards[-1]["card"]["documents"] == papers


def test_papers_added_together_are_counted_in_the_lists_by_one_job(province: Province) -> None:
    assert province.database.read_now(_waiting, "tell_counts:" + province.issued) == 1


def test_a_draft_is_in_the_lists_of_its_staff_alone(province: Province) -> None:
    names = {actor.person_id: name for name, actor in province.actors.items()}
    told = province.database.read_now(audience, province.draft)
    assert {names[one] for one in told} == {"secretariat", "secretary"}


def test_a_version_whose_reading_was_retried_does_not_replace_a_newer_one(
    province: Province,
) -> None:
    database, paper = province.database, province.papers["public"]
    staff, versions = province.actors["secretariat"], []
    for sha256 in ("a" * 64, "b" * 64):
        stored = Stored(sha256, 10)
        database.write_now(staff, documents.take_file, paper, "a.pdf", stored)
        versions.append(database.read_now(_newest_version, paper))
    first, second = versions
    for version in (second, first):
        database.write_now(SYSTEM, ingest.finish, version, "renderer", "c" * 64)
    assert database.read_now(document_row, paper).version_id == second


def _items(session: Session, meeting: str) -> list[str]:
    rows = session.connection().execute(
        text("SELECT id FROM agenda_item WHERE meeting_id = :m ORDER BY position"), {"m": meeting}
    )
    return [str(row[0]) for row in rows]


def _waiting(session: Session, unique: str) -> int:
    rows = session.connection().execute(
        text("SELECT count(*) FROM job WHERE unique_key = :u AND state = 'waiting'"), {"u": unique}
    )
    return int(rows.scalar_one())


def _newest_version(session: Session, document: str) -> str:
    rows = session.connection().execute(
        text("SELECT id FROM document_version WHERE document_id = :d ORDER BY ordinal DESC"),
        {"d": document},
    )
    return str(rows.scalars().first())
