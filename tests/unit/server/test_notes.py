"""The list of my marks: whose they are, in which order, what is found, and its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from annotations.ink import encode_ink
from annotations.model import Annotation
from server import clock
from server.annotating import layers, notes
from server.annotating.export import load_paper
from server.annotating.notes import Walk, Wanted, cursor_of, wanted_of
from server.annotating.notes_messages import MyMarks
from server.annotating.notes_print import printed_notes
from server.annotating.notes_views import my_marks_view
from server.annotating.store import _PUT, _row
from server.database import Database, WriteSession
from server.documents.tables import PageRow, VersionRow
from server.errors import DomainError, Invalid
from server.identity import SYSTEM, Actor
from server.meetings import actions as meetings
from tests.unit.server.world import Province

FIRST = 1_763_800_000_000
STROKE = encode_ink([10.0, 20.0, 30.0], [50.0, 55.0, 50.0])


def made(**more: Any) -> Annotation:
    """A note on the first page, unless said otherwise."""
    given: dict[str, Any] = {
        "id": clock.new_id(),
        "layer": "",
        "document": "",
        "version": "",
        "page": 0,
        "kind": "note",
        "rev": 1,
        "seq": 1,
        "deleted": False,
        "author": "",
        "created": FIRST,
        "modified": FIRST,
        "geometry": {"point": [10, 20]},
        "style": {"color": "#ffd84d"},
    }
    return Annotation(**(given | more))


def stroke(x: float = 10.0, **more: Any) -> Annotation:
    rect = [x, 50.0, x + 20, 55.0]
    matrix = [1, 0, 0, 1, x - 10, 0]
    geometry = {"rect": rect, "matrix": matrix}
    return made(kind="ink", ink=STROKE, geometry=geometry, **more)


def quoted(words: str, **more: Any) -> Annotation:
    anchor = [{"type": "TextQuoteSelector", "exact": words, "prefix": "", "suffix": ""}]
    geometry = {"quads": [[72, 78, 200, 78, 72, 95, 200, 95]]}
    return made(kind="highlight", geometry=geometry, anchor=anchor, **more)


class Desk:
    """A province whose papers take marks straight into the store."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.province = Province(database)
        database.write_now(SYSTEM, self.province.make)

    def put(self, who: str, paper: str, *marks: Annotation) -> list[str]:
        """Marks of this person on their private layer of a paper; their ids."""
        actor = self.province.actors[who]
        document = self.province.papers[paper]

        def write(session: WriteSession) -> list[str]:
            layer = layers.open_private_layer(session, document)
            store = layers.raw(session)
            store._execute("UPDATE layer SET head_seq = head_seq + 1 WHERE id = ?", (layer,))
            fixed = {"layer": layer, "document": document, "author": actor.person_id}
            rows = [
                _row(Annotation(**{**_fields(mark), **fixed, "version": mark.version or document}))
                for mark in marks
            ]
            store._executemany(_PUT, rows)
            return [mark.id for mark in marks]

        return self.database.write_now(actor, write)

    def add_version(self, paper: str, size: int = 1) -> str:
        """The file that people read of a paper; its marks lie on it."""
        document = self.province.papers[paper]

        def write(session: WriteSession) -> None:
            session.add(
                VersionRow(
                    id=document,
                    document_id=document,
                    ordinal=1,
                    state="ready",
                    file_name="a.pdf",
                    sha256="0" * 64,
                    size=size,
                )
            )

        self.database.write_now(SYSTEM, write)
        return document

    def actor(self, who: str) -> Actor:
        return self.province.actors[who]

    def ask(self, who: str, most: int = 60, after: str = "", **query: str) -> MyMarks:
        wanted, cursor = wanted_of(query), cursor_of(after)
        return self.database.read_now(my_marks_view, self.actor(who), wanted, cursor, most)


def _fields(mark: Annotation) -> dict[str, Any]:
    return {name: getattr(mark, name) for name in Annotation.__slots__}


@pytest.fixture
def desk(closed_database: Database) -> Desk:
    return Desk(closed_database)


def ids(found: MyMarks) -> list[str]:
    return [row.id for row in found.rows]


def test_only_my_own_marks_on_papers_i_may_read_now(desk: Desk) -> None:
    mine = desk.put("delegate", "public", made(body="Của tôi"))
    desk.put("chosen", "public", made(body="Của người khác"))
    secret = desk.put("chosen", "restricted", made(body="Mật"))
    gone = desk.put("delegate", "restricted", made(body="Đã từng được đọc"))
    assert ids(desk.ask("delegate")) == mine
    assert gone[0] not in ids(desk.ask("delegate"))
    assert secret[0] in ids(desk.ask("chosen"))
    assert ids(desk.ask("stranger")) == []
    assert desk.ask("stranger").places == []

    def leave(session: WriteSession) -> None:
        person = desk.actor("delegate").person_id
        meetings.remove_participant(session, desk.province.issued, person)

    desk.database.write_now(desk.actor("secretariat"), leave)
    assert ids(desk.ask("delegate")) == []


def test_deleted_marks_are_not_listed(desk: Desk) -> None:
    desk.put("delegate", "public", made(deleted=True))
    assert ids(desk.ask("delegate")) == []


def test_by_page_and_then_as_written_with_the_printed_label(desk: Desk) -> None:
    document = desk.province.papers["public"]

    def pages(session: WriteSession) -> None:
        session.add(
            VersionRow(
                id=document,
                document_id=document,
                ordinal=1,
                state="ready",
                file_name="a.pdf",
                sha256="0" * 64,
                size=1,
            )
        )
        session.flush()
        shas = dict.fromkeys(("image_sha", "thumb_sha", "words_sha", "text_hash"), "0" * 64)
        session.add(
            PageRow(
                version_id=document,
                number=2,
                label="iii",
                width=595,
                height=842,
                rotation=0,
                image_w=1240,
                image_h=1754,
                kind="born",
                **shas,
            )
        )

    desk.database.write_now(SYSTEM, pages)
    late, early = made(page=2, created=FIRST + 5), made(page=2, created=FIRST)
    front = made(page=0, created=FIRST + 9)
    desk.put("delegate", "public", late, early, front)
    found = desk.ask("delegate")
    assert ids(found) == [front.id, early.id, late.id]
    assert [row.label for row in found.rows] == ["1", "iii", "iii"]
    assert [one.title for one in found.documents] == ["Báo cáo"]
    assert [one.id for one in found.meetings] == [desk.province.issued]
    assert found.places == found.meetings


def test_strokes_written_in_one_go_are_one_line_with_a_picture(desk: Desk) -> None:
    strokes = [stroke(10.0 + 15 * number, created=FIRST + number * 900) for number in range(4)]
    apart = stroke(400.0, created=FIRST + 5_000)
    later = stroke(20.0, created=FIRST + 60_000)
    desk.put("delegate", "public", *strokes, apart, later)
    rows = desk.ask("delegate").rows
    assert [row.marks for row in rows] == [4, 1, 1]
    assert rows[0].id == strokes[0].id
    sketch = rows[0].sketch
    assert sketch is not None
    assert len(sketch.lines) == 4
    assert (sketch.width, sketch.height) == (65.0, 5.0)
    assert max(max(line) for line in sketch.lines) == 1000


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("duong vanh dai", "Đường vành đai"),
        ("ĐƯỜNG", "Đường vành đai"),
        ("hoi lai so lieu", "Hỏi lại số liệu"),
        ("can lam ro", ""),
    ],
)
def test_words_are_found_without_diacritics(desk: Desk, sought: str, found: str) -> None:
    stamp = made(
        kind="stamp", geometry={"rect": [1, 1, 9, 9]}, style={"stamp": "can_lam_ro"}, page=3
    )
    text, note = quoted("Đường vành đai"), made(body="Hỏi lại số liệu", page=1)
    desk.put("delegate", "public", stamp, text, note, stroke(), made(body="Khác", page=2))
    rows = desk.ask("delegate", q=sought).rows
    assert [row.quote or row.body for row in rows] == [found]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text", {"highlight"}),
        ("note", {"note", "highlight"}),
        ("drawing", {"ink", "arrow"}),
        ("stamp", {"stamp"}),
    ],
)
def test_the_kinds_of_marks(desk: Desk, kind: str, expected: set[str]) -> None:
    stamp = made(kind="stamp", geometry={"rect": [1, 1, 9, 9]}, style={"stamp": "da_xem"})
    arrow = made(kind="arrow", geometry={"from": [1, 2], "to": [3, 4]})
    desk.put("delegate", "public", stamp, arrow, stroke(), made(body="x"))
    desk.put("delegate", "public", quoted("Có lời", body="Lời"), quoted("Không lời", page=1))
    rows = desk.ask("delegate", kind=kind).rows
    assert {row.kind for row in rows} == expected
    assert all(row.body for row in rows) or kind != "note"


def test_one_meeting_or_one_paper(desk: Desk) -> None:
    mine = desk.put("secretary", "public", made())
    inner = desk.put("secretary", "internal", made())
    draft = desk.put("secretary", "draft", made())
    assert set(ids(desk.ask("secretary"))) == {*mine, *inner, *draft}
    assert ids(desk.ask("secretary", meeting=desk.province.draft)) == draft
    assert ids(desk.ask("secretary", document=desk.province.papers["internal"])) == inner
    assert ids(desk.ask("delegate", document=desk.province.papers["internal"])) == []


def test_parts_join_to_the_whole_list_and_each_is_bounded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for paper in ("public", "internal", "draft"):
        marks = [made(page=number % 4, created=FIRST + number * 1000) for number in range(30)]
        desk.put("secretary", paper, *marks)
    whole = ids(desk.ask("secretary", most=500))
    assert len(whole) == 90
    monkeypatch.setattr(notes, "WINDOW", 7)
    joined: list[str] = []
    after = ""
    while True:
        part = desk.ask("secretary", most=11, after=after)
        assert len(part.rows) <= 11
        assert (part.places is None) == (after != "")
        joined += ids(part)
        if part.next is None:
            break
        after = part.next
    assert joined == whole


def test_a_long_search_gives_up_for_now_and_goes_on_from_there(desk: Desk) -> None:
    marks = [made(body="khác", created=FIRST + number) for number in range(40)]
    desk.put("delegate", "public", *marks, made(body="đích", created=FIRST + 99))
    actor = desk.actor("delegate")

    def search(session: WriteSession) -> tuple[list[int], int]:
        cursor, looks, hits = None, [], 0
        while True:
            walk = Walk(session, actor, Wanted(sought="dich"), cursor, most=15)
            part = notes.take_part(walk, 60)
            looks.append(walk.scanned)
            hits += len(part.entries)
            if part.next is None:
                return looks, hits
            cursor = part.next

    looks, hits = desk.database.write_now(actor, search)
    assert hits == 1
    assert looks == [15, 15, 11]


@pytest.mark.parametrize(
    ("name", "value"),
    [("meeting", "x"), ("document", "'; --"), ("kind", "all"), ("q", "x" * 201)],
)
def test_what_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        wanted_of({name: value})
    assert refused.value.params["field"] == name


@pytest.mark.parametrize("after", ["1", "~" * 6, "x~y~0~z~0~0~m"])
def test_a_foreign_cursor_is_refused(after: str) -> None:
    with pytest.raises(Invalid):
        cursor_of(after)


def printed(desk: Desk, who: str, most: int = 100, **query: str) -> dict[str, Any]:
    wanted = wanted_of(query)
    return desk.database.read_now(printed_notes, desk.actor(who), wanted, "vi", most)


def test_what_is_printed_stands_by_meeting_document_and_page_from_top_to_bottom(
    desk: Desk,
) -> None:
    low = made(body="dưới", geometry={"point": [10, 700]}, created=FIRST)
    high = made(body="trên", geometry={"point": [10, 70]}, created=FIRST + 5)
    stamp = made(kind="stamp", geometry={"rect": [1, 1, 9, 9]}, style={"stamp": "da_xem"}, page=1)
    desk.put("secretary", "public", low, high, stamp, stroke(page=1), stroke(30.0, page=1))
    desk.put("secretary", "draft", made(body="nháp"))
    content = printed(desk, "secretary")
    assert [one["title"] for one in content["groups"]] == ["Phiên họp", "Phiên họp"]
    papers = {
        one["title"]: one["pages"] for group in content["groups"] for one in group["documents"]
    }
    assert set(papers) == {"Báo cáo", "Nháp"}
    first, second = papers["Báo cáo"]
    assert (first["label"], [note["body"] for note in first["notes"]]) == (
        "Trang 1",
        ["trên", "dưới"],
    )
    assert [(note["about"].split(" · ")[0], note["body"]) for note in second["notes"]] == [
        ("Dấu", "Đã xem"),
        ("2 nét bút", ""),
    ]
    assert second["notes"][1]["sketch"]["lines"]
    assert content["lines"][0] == "secretary"


def test_what_is_sought_is_said_on_paper(desk: Desk) -> None:
    desk.put("delegate", "public", made(body="Đường"), made(body="Cầu"))
    content = printed(desk, "delegate", q="đường", meeting=desk.province.issued)
    assert "Có chữ: “đường”" in content["lines"]
    assert "Cuộc họp: Phiên họp" in content["lines"]


def test_a_printed_list_is_whole_or_refused(desk: Desk) -> None:
    desk.put("delegate", "public", *(made(created=FIRST + number) for number in range(6)))
    assert printed(desk, "delegate", most=6)["groups"]
    with pytest.raises(DomainError, match="too_many_notes"):
        printed(desk, "delegate", most=5)
    with pytest.raises(DomainError, match="no_notes"):
        printed(desk, "stranger", meeting=desk.province.issued)


def test_an_answer_whose_mark_was_taken_away_says_so_and_is_in_its_authors_file_alone(
    desk: Desk,
) -> None:
    version = desk.add_version("public")
    asked, said = clock.new_id(), clock.new_id()
    layer = desk.province.layers["everyone"]

    def write(session: WriteSession) -> None:
        store = layers.raw(session)
        document = desk.province.papers["public"]
        where = {"layer": layer, "document": document, "version": version}
        store._execute("UPDATE layer SET head_seq = 2 WHERE id = ?", (layer,))
        answer = made(
            id=said, author=desk.actor("guest").person_id, reply_to=asked, body="Đã rõ", **where
        )
        question = made(id=asked, author=desk.actor("delegate").person_id, **where)
        store._executemany(_PUT, [_row(question), _row(answer)])

    def gone(session: WriteSession, deleted: bool) -> None:
        layers.raw(session)._execute(
            "UPDATE annotation SET deleted = ? WHERE id = ?", (deleted, asked)
        )

    def in_file_of(who: str) -> set[str]:
        paper = desk.database.read_now(
            load_paper, desk.actor(who), version, version, frozenset({"shared"})
        )
        return {mark["id"] for mark in paper.marks}

    desk.database.write_now(SYSTEM, write)
    assert [(row.id, row.stranded) for row in desk.ask("guest").rows] == [(said, False)]
    assert in_file_of("delegate") == in_file_of("guest") == {asked, said}
    desk.database.write_now(SYSTEM, gone, True)
    assert [(row.id, row.stranded) for row in desk.ask("guest").rows] == [(said, True)]
    assert in_file_of("guest") == {said}
    assert in_file_of("delegate") == set()
    desk.database.write_now(SYSTEM, gone, False)
    assert [row.stranded for row in desk.ask("guest").rows] == [False]
    assert in_file_of("delegate") == {asked, said}
