"""A paper that people had seen is withdrawn: nobody reads it, and what they wrote stays theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from server import clock, permissions
from server.annotating.layers import layer_topic, private_layer
from server.annotating.package_plan import load_piece, plan_package
from server.annotating.retention import PurgeMarks
from server.annotating.tombstones import Tombstones
from server.database import Database, WriteSession
from server.documents import actions as documents
from server.documents import queries
from server.documents.messages import NewDocument
from server.documents.telling import tell_document
from server.documents.views import my_meeting
from server.errors import DomainError, NotFound
from server.identity import SYSTEM, Actor
from server.meetings import actions as meetings
from server.meetings import retention as rules
from server.meetings.messages import AgendaItemPatch, MarksRulePut, ParticipantPut
from server.meetings.rules import MarksRule, ParticipantRole, PurgeBounds
from server.people.tables import SessionRow
from server.writer import Effects
from tests.unit.server.test_notes import Desk, made, quoted
from tests.unit.server.world import BOUNDS as MEETING_BOUNDS

BOUNDS = PurgeBounds(72 * 3_600_000, 7 * 86_400_000)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def withdraw(desk: Desk, paper: str = "public") -> str:
    document = desk.province.papers[paper]
    desk.database.write_now(desk.actor("secretary"), documents.delete_document, document)
    return document


def seen(desk: Desk, who: str) -> list[str]:
    def read(session: Session) -> list[str]:
        view = my_meeting(session, desk.actor(who), desk.province.issued)
        return [one.id for one in view.view.documents]

    return desk.database.read_now(read)


def sign_in(session: WriteSession, actor: Actor) -> None:
    session.add(
        SessionRow(
            id=actor.session_id,
            token_hash="",
            person_id=actor.person_id,
            device_id=actor.device_id,
            started_at=clock.unix_ms(),
            seen_at=clock.unix_ms(),
        )
    )


def rows(desk: Desk, table: str) -> int:
    def read(session: Session) -> int:
        return int(session.connection().execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    return desk.database.read_now(read)


@pytest.mark.parametrize("who", ["delegate", "secretary", "chair"])
def test_nobody_reads_or_changes_it(desk: Desk, who: str) -> None:
    desk.put(who, "public", made(body="Cần làm rõ"))
    assert desk.province.papers["public"] in seen(desk, who)
    document = withdraw(desk)
    assert document not in seen(desk, who)

    layer = desk.database.read_now(private_layer, document, desk.actor(who).person_id)
    assert layer is not None
    ids = {"document_id": document, "layer_id": layer}
    for action in ("read", "download", "change", "upload"):
        with pytest.raises(NotFound):
            desk.database.read_now(
                permissions.require,
                desk.actor(who),
                f"document.{action}",
                {"document_id": document},
            )
    for action in ("read", "write", "manage"):
        with pytest.raises(NotFound):
            desk.database.read_now(permissions.require, desk.actor(who), f"layer.{action}", ids)


async def test_the_live_socket_closes_its_layers_at_once(desk: Desk, told: list[Effects]) -> None:
    desk.put("delegate", "public", made(body="Cần làm rõ"))
    document = desk.province.papers["public"]
    layer = desk.database.read_now(private_layer, document, desk.actor("delegate").person_id)
    assert layer is not None
    await desk.database.write(desk.actor("secretary"), documents.delete_document, document)
    assert any((layer_topic(layer), None) in one.rights_changed for one in told)


def test_what_i_wrote_stays_in_my_list_and_nobody_elses(desk: Desk) -> None:
    desk.put("delegate", "public", made(body="Cần làm rõ"), quoted("tổng mức đầu tư"))
    desk.put("chair", "public", made(body="Của chủ tọa"))
    desk.put("chosen", "restricted", made(body="Tài liệu còn đó"))
    withdraw(desk)
    mine = desk.ask("delegate")
    assert sorted((row.body, row.quote) for row in mine.rows) == [
        ("", "tổng mức đầu tư"),
        ("Cần làm rõ", ""),
    ]
    assert [one.withdrawn for one in mine.documents] == [True]
    assert [one.id for one in mine.places or []] == [desk.province.issued]
    assert [one.withdrawn for one in desk.ask("chosen").documents] == [False]
    assert [row.body for row in desk.ask("chair").rows] == ["Của chủ tọa"]


def test_an_item_that_becomes_internal_takes_nobody_their_notes(desk: Desk) -> None:
    version = desk.add_version("public")
    desk.put("delegate", "public", made(body="Cần làm rõ", version=version))
    withdraw(desk)
    meeting, staff = desk.province.issued, desk.actor("secretary")
    hidden = AgendaItemPatch(internal=True)
    desk.database.write_now(staff, meetings.change_item, meeting, desk.province.first_item, hidden)
    assert [row.body for row in desk.ask("delegate").rows] == ["Cần làm rõ"]
    desk.database.write_now(SYSTEM, sign_in, desk.actor("delegate"))
    plan = desk.database.read_now(plan_package, desk.actor("delegate"), meeting, "vi", 1_000)
    assert len(plan.pieces) == 1


@pytest.mark.parametrize("paper", ["internal", "restricted_internal"])
def test_an_internal_paper_stays_internal_when_its_item_goes(desk: Desk, paper: str) -> None:
    desk.put("secretary", paper, made(body="Nội bộ"))
    item = desk.database.read_now(
        lambda s: queries.document_row(s, desk.province.papers[paper]).item_id
    )
    assert item is not None
    document = [withdraw(desk, one) for one in ("internal", "restricted_internal")][
        paper == "restricted_internal"
    ]
    meeting, staff = desk.province.issued, desk.actor("secretary")
    desk.database.write_now(staff, meetings.delete_item, meeting, item)
    for who, keeps in (("delegate", False), ("chosen", False), ("secretary", True)):
        found = desk.database.read_now(queries.may_keep_marks, desk.actor(who), document)
        assert found is keeps
    assert [row.body for row in desk.ask("secretary").rows] == ["Nội bộ"]


def test_it_takes_no_place_of_another(desk: Desk) -> None:
    staff, meeting = desk.actor("secretary"), desk.province.issued
    papers = desk.database.read_now(queries.documents_of, meeting)
    withdraw(desk)
    new = NewDocument(title="Bản mới")
    made_ = desk.database.write_now(staff, documents.add_document, meeting, new, len(papers))
    assert made_.position > max(one.position for one in papers)
    with pytest.raises(DomainError, match="documents_full"):
        desk.database.write_now(staff, documents.add_document, meeting, new, len(papers))


def test_it_can_be_taken_away_without_the_paper(desk: Desk) -> None:
    version = desk.add_version("public")
    desk.put("delegate", "public", made(body="Cần làm rõ", version=version))
    withdraw(desk)
    actor, meeting = desk.actor("delegate"), desk.province.issued
    desk.database.write_now(SYSTEM, sign_in, actor)
    plan = desk.database.read_now(plan_package, actor, meeting, "vi", 1_000)
    (piece,) = plan.pieces
    paper = desk.database.read_now(load_piece, actor, piece, whole=False)
    assert [mark["body"] for mark in paper.marks] == ["Cần làm rõ"]
    with pytest.raises(DomainError, match="document_withdrawn"):
        desk.database.read_now(load_piece, actor, piece, whole=True)


def test_who_lost_the_paper_before_does_not_get_its_marks_by_its_withdrawal(desk: Desk) -> None:
    desk.put("chosen", "restricted", made(body="Riêng"))
    desk.put("delegate", "public", made(body="Rời họp"))

    person, meeting = desk.actor("delegate").person_id, desk.province.issued
    desk.database.write_now(desk.actor("secretary"), meetings.remove_participant, meeting, person)
    withdraw(desk)
    assert desk.ask("delegate").rows == []


def test_who_comes_back_to_a_meeting_finds_their_marks(desk: Desk) -> None:
    desk.put("delegate", "public", made(body="Rời họp rồi trở lại"))
    person, meeting = desk.actor("delegate").person_id, desk.province.issued
    staff = desk.actor("secretary")
    desk.database.write_now(staff, meetings.remove_participant, meeting, person)
    assert desk.ask("delegate").rows == []
    assert rows(desk, "annotation") == 1
    back = ParticipantPut(role=ParticipantRole.DELEGATE)
    desk.database.write_now(staff, meetings.put_participant, meeting, person, back, MEETING_BOUNDS)
    assert [row.body for row in desk.ask("delegate").rows] == ["Rời họp rồi trở lại"]


async def test_its_marks_go_by_the_rule_of_the_meeting(desk: Desk, tmp_path: Path) -> None:
    desk.put("delegate", "public", made(body="Cần làm rõ"))
    withdraw(desk)
    staff, meeting = desk.actor("secretary"), desk.province.issued
    at_close = MarksRulePut(rule=MarksRule.AT_CLOSE, days=None)
    await desk.database.write(staff, rules.set_retention, meeting, at_close, BOUNDS)
    await desk.database.write(staff, meetings.open_meeting, meeting)
    head = await desk.database.write(staff, meetings.close_meeting, meeting, BOUNDS)
    assert head.marks.purge_at is not None
    purge = PurgeMarks(desk.database, Tombstones(tmp_path / "purges.jsonl"))
    await purge({"meeting_id": meeting})
    assert rows(desk, "annotation") == 1, "never without its grace"
    later = clock.unix_ms() + BOUNDS.grace_ms + 1
    with clock.replaced(wall=lambda: later / 1000):
        await purge({"meeting_id": meeting})
    assert rows(desk, "annotation") == rows(desk, "layer") == 0


def test_a_file_that_is_read_late_does_not_bring_it_back(desk: Desk) -> None:
    document = withdraw(desk)

    def tell(session: Any) -> int:
        before = len(session.effects.announcements)
        tell_document(session, queries.document_row(session, document))
        return len(session.effects.announcements) - before

    assert desk.database.write_now(desk.actor("secretary"), tell) == 0


def test_a_paper_of_a_draft_is_deleted(desk: Desk) -> None:
    before = rows(desk, "document")
    withdraw(desk, "draft")
    assert rows(desk, "document") == before - 1
