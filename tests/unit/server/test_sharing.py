"""Sharing a layer: who gains and loses it, who is told, what the ledger keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from server.annotating import homecoming, layers, sharing
from server.annotating.messages import LayerPatch, NewLayer
from server.annotating.purge import MARKS_AT_ONCE, purge_some
from server.annotating.rules import Bounds
from server.database import Database, WriteSession
from server.documents import actions as documents
from server.documents.messages import DocumentPatch
from server.errors import DomainError
from server.identity import SYSTEM
from server.live.changes import head, missed
from server.meetings import actions as meetings
from server.meetings.messages import AgendaItemPatch, ParticipantPut
from server.meetings.rules import ParticipantRole, PurgeBounds
from server.meetings.topics import inbox_topic, meeting_topic, staff_topic
from server.writer import Effects

from .world import BOUNDS, LAYER_BOUNDS, Province


@pytest.fixture
def province(closed_database: Database) -> Province:
    made = Province(closed_database)
    closed_database.write_now(SYSTEM, made.make)
    return made


class Ears:
    """What each topic of the province says from now on."""

    def __init__(self, province: Province) -> None:
        self.province = province
        self.topics = {name: inbox_topic(one.person_id) for name, one in province.actors.items()}
        self.topics |= {
            "everybody": meeting_topic(province.issued),
            "staff": staff_topic(province.issued),
        }
        self.since = {name: self._read(head, topic)[0] for name, topic in self.topics.items()}

    def _read(self, query: Any, *args: Any) -> Any:
        return self.province.database.read_now(query, *args)

    def heard(self, paper: str) -> set[str]:
        """Who was told that the layers of this paper are others now."""
        told = {"kind": "layers", "document_id": self.province.papers[paper]}
        return {
            name
            for name, topic in self.topics.items()
            for _, frame in self._read(missed, topic, self.since[name]) or []
            if told in json.loads(frame)["items"]
        }

    def homes(self) -> dict[str, int]:
        """Who was told that so many marks come home."""
        return {
            name: item["marks"]
            for name, topic in self.topics.items()
            for _, frame in self._read(missed, topic, self.since[name]) or []
            for item in json.loads(frame)["items"]
            if item["kind"] == "marks_home"
        }


def do(province: Province, who: str, action: Any, *args: Any) -> Any:
    return province.database.write_now(province.actors[who], action, *args)


def make(province: Province, who: str, audience: Any, *people: str, paper: str = "public") -> Any:
    named = [province.actors[one].person_id for one in people]
    new = NewLayer(title="Nhóm thẩm tra", audience=audience, people=named)
    document = province.papers[paper]
    return do(province, who, sharing.make_layer, document, new, LAYER_BOUNDS)


def change(province: Province, layer: str, **patch: Any) -> Any:
    return do(province, "delegate", sharing.change_layer, layer, LayerPatch(**patch), LAYER_BOUNDS)


def lists(province: Province, paper: str = "public") -> dict[str, set[str]]:
    """The layers each person finds on a paper, by the names of world.py; "new" for others."""
    names = {id_: name for name, id_ in province.layers.items()}
    found = {}
    for who, actor in province.actors.items():
        rows = province.database.read_now(layers.layer_list, actor, province.papers[paper])
        found[who] = {names.get(row.id, "new") for row in rows}
    return found


def refused(code: str) -> Any:
    return pytest.raises(DomainError, match=code)


def test_a_layer_for_chosen_people_is_told_to_them_alone(province: Province) -> None:
    ears = Ears(province)
    view = make(province, "delegate", "people", "chosen", "guest")
    assert ears.heard("public") == {"delegate", "chosen", "guest"}
    assert {who for who, found in lists(province).items() if "new" in found} == {
        "delegate",
        "chosen",
        "guest",
    }
    assert {one.name for one in view.people} == {"chosen", "guest"}
    assert (view.mine, view.may_manage, view.owner.name) == (True, True, "delegate")


def test_no_topic_names_a_layer(province: Province) -> None:
    make(province, "delegate", "everyone")
    make(province, "delegate", "people", "chosen")

    def words(session: Session) -> str:
        rows = session.connection().execute(text("SELECT frame FROM change")).scalars()
        ledger = session.connection().execute(text("SELECT body FROM ledger")).scalars()
        return "\n".join([*rows, *ledger])

    said = province.database.read_now(words)
    assert "Nhóm thẩm tra" not in said
    assert "Góp ý" not in said


def test_a_layer_for_everyone_is_told_to_who_may_read_the_paper(province: Province) -> None:
    ears = Ears(province)
    make(province, "delegate", "everyone")
    assert ears.heard("public") == {"everybody", "staff"}
    make(province, "chosen", "everyone", paper="restricted")
    assert ears.heard("restricted") == {"chosen", "staff"}
    make(province, "secretary", "everyone", paper="internal")
    assert ears.heard("internal") == {"staff"}


def test_who_gains_and_who_loses_a_layer_are_told(province: Province, told: list[Effects]) -> None:
    ears, layer = Ears(province), province.layers["people"]
    change(province, layer, people=[province.actors["chosen"].person_id])
    assert ears.heard("public") == {"delegate", "guest", "chosen"}
    assert "people" in lists(province)["chosen"]
    assert "people" not in lists(province)["guest"]
    ears = Ears(province)
    change(province, layer, audience="everyone")
    assert ears.heard("public") == {"everybody", "staff"}
    ears = Ears(province)
    change(province, layer, audience="me")
    assert ears.heard("public") == {"everybody", "staff"}
    assert {who for who, found in lists(province).items() if "people" in found} == {"delegate"}


def test_followers_of_a_changed_layer_are_asked_again(province: Province) -> None:
    layer = province.layers["people"]

    def moved(session: Any) -> Any:
        sharing.change_layer(session, layer, LayerPatch(audience="me"), LAYER_BOUNDS)
        return session.effects.rights_changed

    assert (layers.layer_topic(layer), None) in do(province, "delegate", moved)


def test_a_corrected_title_of_a_paper_asks_nobody_again(province: Province) -> None:
    """A hall of 300 with the paper open would be asked at once, and some of it cut off."""
    paper = province.papers["public"]

    def moved(patch: DocumentPatch) -> set[str | None]:
        def act(session: Any) -> Any:
            documents.change_document(session, paper, patch)
            return session.effects

        return {topic for topic, _ in do(province, "secretariat", act).rights_changed}

    topics = {layers.layer_topic(layer) for layer in province.layers.values()}
    assert not topics & moved(DocumentPatch(title="Tờ trình (sửa)", kind="tờ trình"))
    assert topics & moved(DocumentPatch(sharing="people"))


def test_a_title_can_change_alone_and_audience_comes_back_with_its_people(
    province: Province,
) -> None:
    layer = province.layers["me"]
    view = change(province, layer, title="Tên mới")
    assert (view.title, view.audience, view.people) == ("Tên mới", "me", [])
    view = change(province, layer, audience="people")
    assert [one.name for one in view.people] == ["guest"]


def test_a_paper_that_allows_less_narrows_its_layers_and_never_widens_them(
    province: Province,
) -> None:
    def allow(wanted: Any) -> None:
        patch = DocumentPatch(sharing=wanted)
        do(province, "secretariat", documents.change_document, province.papers["public"], patch)

    change(province, province.layers["everyone"], people=[province.actors["chosen"].person_id])
    ears = Ears(province)
    allow("people")
    found = lists(province)
    assert "everyone" in found["chosen"]
    assert "everyone" not in found["guest"]
    assert "people" in found["guest"]
    assert {"everybody", "staff"} <= ears.heard("public")
    allow("none")
    found = lists(province)
    shared = {"me", "people", "everyone"}
    assert shared <= found["delegate"]
    assert all(not shared & found[who] for who in found if who != "delegate")
    assert "presenter" in found["guest"], "the presenter's layer is the meeting's own"
    allow("everyone")
    assert all(not shared & found[who] for who in lists(province) if who != "delegate")
    for audience in ("people", "everyone"):
        allow("none")
        with refused("sharing_not_allowed"):
            make(province, "delegate", audience, "guest")
        with refused("sharing_not_allowed"):
            change(province, province.layers["me"], audience=audience)
    with refused("sharing_not_allowed"):
        make(province, "delegate", "me")


def test_only_readers_of_the_paper_can_be_chosen(province: Province) -> None:
    for who in ("stranger", "secretariat"):
        with refused("person_cannot_read"):
            make(province, "delegate", "people", who)
    with refused("person_cannot_read"):
        make(province, "chosen", "people", "guest", paper="restricted")
    make(province, "chosen", "people", "secretary", paper="restricted")
    with refused("nobody_chosen"):
        make(province, "delegate", "people", "delegate")
    with refused("nobody_chosen"):
        change(province, province.layers["people"], audience="people", people=[])


@pytest.mark.parametrize(
    ("paper", "names"),
    [
        ("public", {"chair", "secretary", "delegate", "chosen", "guest"}),
        ("restricted", {"chosen", "secretary"}),
        ("internal", {"secretary"}),
        ("draft", {"secretary"}),
    ],
)
def test_whom_a_layer_can_be_shared_with(province: Province, paper: str, names: set[str]) -> None:
    found = province.database.read_now(layers.readers_list, province.papers[paper])
    assert {one.name for one in found} == names


def test_who_was_chosen_and_lost_the_paper_since_may_stay_on_the_list(province: Province) -> None:
    layer, guest = province.layers["people"], province.actors["guest"].person_id
    do(province, "secretariat", meetings.remove_participant, province.issued, guest)
    assert lists(province)["guest"] == set()
    chosen = province.actors["chosen"].person_id
    view = change(province, layer, people=[guest, chosen])
    assert {one.name for one in view.people} == {"guest", "chosen"}


def test_layers_are_bounded(province: Province) -> None:
    paper = province.papers["public"]
    new = NewLayer(title="", audience="everyone")
    with refused("own_layers_full"):
        do(province, "delegate", sharing.make_layer, paper, new, Bounds(50, 3, 9))
    with refused("layers_full"):
        do(province, "chosen", sharing.make_layer, paper, new, Bounds(3, 3, 9))
    with refused("too_many_people"):
        people = [province.actors[one].person_id for one in ("chosen", "guest")]
        named = NewLayer(title="", audience="people", people=people)
        do(province, "delegate", sharing.make_layer, paper, named, Bounds(50, 50, 1))


def test_who_leaves_a_layer_is_off_it(province: Province) -> None:
    ears, layer = Ears(province), province.layers["people"]
    do(province, "guest", sharing.leave_layer, layer)
    assert "people" not in lists(province)["guest"]
    assert ears.heard("public") == {"delegate", "guest"}
    assert province.database.read_now(layers.named_on, layer) == []


def test_a_deleted_layer_goes_with_all_that_was_on_it(province: Province) -> None:
    ears, layer, database = Ears(province), province.layers["people"], province.database
    _fill(province, layer, MARKS_AT_ONCE + 5)
    _fill(province, province.layers["everyone"], 3)
    assert database.write_now(SYSTEM, purge_some, layer) is False
    do(province, "delegate", sharing.delete_layer, layer)
    assert ears.heard("public") == {"delegate", "guest"}
    assert "people" not in lists(province)["delegate"]
    pieces = 0
    while database.write_now(SYSTEM, purge_some, layer):
        pieces += 1
    assert pieces == 2
    for table in ("annotation", "op"):
        count = text(f"SELECT layer, count(*) FROM {table} GROUP BY layer")
        rows = database.read_now(lambda s, q=count: s.connection().execute(q).all())
        assert [tuple(row) for row in rows] == [(province.layers["everyone"], 3)]


def test_what_others_wrote_on_a_deleted_layer_comes_home(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homecoming, "AT_ONCE", 4)
    database, layer, paper = province.database, province.layers["people"], province.papers["public"]
    me = {name: province.actors[name].person_id for name in ("delegate", "guest", "chosen")}
    _fill(province, layer, 3)
    _fill(province, layer, 5, "guest")
    _fill(province, layer, 2, "chosen")
    answer, dropped = f"{layer}-guest-0", f"{layer}-guest-1"
    _run(province, "UPDATE annotation SET reply_to = ?, resolved = 1 WHERE id = ?", "x", answer)
    _run(province, "UPDATE annotation SET deleted = 1 WHERE id = ?", dropped)
    owner = me["delegate"]
    found = database.read_now(homecoming.others_marks, layer, owner)
    assert (found.people, found.marks) == (2, 6)
    ears = Ears(province)
    do(province, "delegate", sharing.delete_layer, layer)
    assert ears.homes() == {"guest": 4, "chosen": 2}
    home = (layer, owner, paper)
    pieces = 1
    while database.write_now(SYSTEM, homecoming.bring_some_home, *home):
        pieces += 1
    assert pieces == 2
    while database.write_now(SYSTEM, purge_some, layer):
        pass
    for who, marks in (("guest", 4), ("chosen", 2), ("delegate", 0)):
        own = database.read_now(layers.private_layer, paper, me[who])
        kept = database.read_now(layers.marks_on, own)
        assert [mark.seq for mark in kept] == list(range(1, marks + 1))
        assert {mark.author for mark in kept} == ({me[who]} if marks else set())
        assert not any(mark.reply_to or mark.resolved for mark in kept)
    # A second run of the job finds nothing to do.
    assert database.write_now(SYSTEM, homecoming.bring_some_home, *home) is False


def test_what_comes_home_comes_in_frames_that_a_tablet_takes(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homecoming, "SNAPSHOT_BYTES", 700)
    layer, paper = province.layers["people"], province.papers["public"]
    _fill(province, layer, 5, "guest")
    do(province, "delegate", sharing.delete_layer, layer)
    home = (layer, province.actors["delegate"].person_id, paper)
    pieces = 1
    while province.database.write_now(SYSTEM, homecoming.bring_some_home, *home):
        pieces += 1
    assert pieces == 3, "some 330 bytes each: two, two and one"
    guest = province.actors["guest"].person_id
    own = province.database.read_now(layers.private_layer, paper, guest)
    assert len(province.database.read_now(layers.marks_on, own)) == 5


def test_nothing_comes_home_to_a_paper_that_takes_no_marks(province: Province) -> None:
    layer, paper = province.layers["people"], province.papers["public"]
    home = (layer, province.actors["delegate"].person_id, paper)
    _fill(province, layer, 2, "guest")
    do(province, "delegate", sharing.delete_layer, layer)
    _run(province, "UPDATE meeting SET marks_purged_at = 1 WHERE id = ?", province.issued)
    assert province.database.write_now(SYSTEM, homecoming.bring_some_home, *home) is False
    gone = (*home[:2], "no-document")
    assert province.database.write_now(SYSTEM, homecoming.bring_some_home, *gone) is False
    assert len(province.database.read_now(layers.marks_on, layer)) == 2


def test_the_authors_of_a_layer_have_names(province: Province) -> None:
    _fill(province, province.layers["everyone"], 2, "guest")
    _fill(province, province.layers["everyone"], 2, "delegate")
    found = province.database.read_now(layers.authors_of, province.layers["everyone"])
    assert [one.name for one in found] == ["delegate", "guest"]


def test_the_presenters_layer_is_one_and_told_to_all_who_may_read(province: Province) -> None:
    paper = province.papers["restricted"]
    ears = Ears(province)
    first = do(province, "secretary", sharing.open_presenter_layer, paper)
    again = do(province, "secretariat", sharing.open_presenter_layer, paper)
    assert (first.id, first.owner, first.mine, first.audience) == (
        again.id,
        None,
        False,
        "everyone",
    )
    assert ears.heard("restricted") == {"chosen", "staff"}


def test_who_presents_is_told_when_the_item_changes_hands(province: Province) -> None:
    def writes(who: str) -> bool:
        actor = province.actors[who]
        layer = province.layers["presenter"]
        return province.database.read_now(layers.rights_on, actor, layer).write

    assert writes("guest")
    assert not writes("delegate")
    ears = Ears(province)
    patch = AgendaItemPatch(presenter_id=province.actors["delegate"].person_id)
    item = province.first_item
    do(province, "secretariat", meetings.change_item, province.issued, item, patch)
    assert (writes("guest"), writes("delegate")) == (False, True)
    assert {"everybody", "staff"} <= ears.heard("public")
    ears = Ears(province)
    guest = province.actors["guest"].person_id
    put = ParticipantPut(role=ParticipantRole.CHAIR)
    do(province, "secretariat", meetings.put_participant, province.issued, guest, put, BOUNDS)
    assert (writes("guest"), writes("chair")) == (True, False)
    assert ears.heard("public") == {"guest", "chair"}
    ears = Ears(province)
    do(province, "secretariat", meetings.delete_item, province.issued, item)
    assert not writes("delegate")
    assert {"everybody", "staff"} <= ears.heard("public")


def test_nobody_presents_after_the_close_and_shared_layers_go_on(province: Province) -> None:
    do(province, "secretariat", meetings.open_meeting, province.issued)
    ears = Ears(province)
    do(province, "secretariat", meetings.close_meeting, province.issued, PurgeBounds(0, 0))
    assert {"everybody", "staff"} <= ears.heard("public")
    for who in ("guest", "chair", "secretary", "secretariat"):
        actor, layer = province.actors[who], province.layers["presenter"]
        rights = province.database.read_now(layers.rights_on, actor, layer)
        assert (rights.read, rights.write, rights.moderate) == (True, False, False)
    actor, layer = province.actors["guest"], province.layers["people"]
    assert province.database.read_now(layers.rights_on, actor, layer).write


def test_the_ledger_knows_who_shared_with_whom(province: Province) -> None:
    view = make(province, "delegate", "people", "guest")
    change(province, view.id, audience="me")
    do(province, "delegate", sharing.delete_layer, view.id)
    query = text("SELECT kind, actor, body FROM ledger WHERE body LIKE :id ORDER BY seq")

    def entries(session: Session) -> list[Any]:
        return list(session.connection().execute(query, {"id": f"%{view.id}%"}))

    rows = province.database.read_now(entries)
    assert [row[0] for row in rows] == [
        "shared_layer_made",
        "shared_layer_changed",
        "shared_layer_deleted",
    ]
    assert {row[1] for row in rows} == {province.actors["delegate"].person_id}
    made = json.loads(rows[0][2])
    assert made["people"] == [province.actors["guest"].person_id]


def _fill(province: Province, layer: str, marks: int, who: str = "delegate") -> None:
    author = province.actors[who].person_id

    def fill(session: Any) -> None:
        for number in range(marks):
            given = {"i": f"{layer}-{who}-{number}", "l": layer, "n": number, "a": author}
            session.connection().execute(
                text(
                    "INSERT INTO annotation VALUES (:i, :l, '', '', 0, 'note', 1, :n, 0, :a, 0, 0, "
                    "'{}', '{}', '', 0, NULL, NULL, NULL, NULL, NULL, '', '1,1,1,1', '')"
                ),
                given,
            )
            session.connection().execute(
                text("INSERT OR IGNORE INTO op VALUES (:l, :n, :i, 1, :i, NULL, '', :a, 0)"),
                given,
            )

    province.database.write_now(SYSTEM, fill)


def _run(province: Province, statement: str, *given: Any) -> None:
    def run(session: WriteSession) -> None:
        layers.raw(session)._execute(statement, given)

    province.database.write_now(SYSTEM, run)
