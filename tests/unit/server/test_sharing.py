"""Sharing a layer: who gains and loses it, who is told, what the ledger keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from server.annotating import layers, sharing
from server.annotating.messages import LayerPatch, NewLayer
from server.annotating.purge import MARKS_AT_ONCE, purge_some
from server.annotating.rules import Bounds
from server.database import Database
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

from .world import BOUNDS, LAYER_BOUNDS, Province, fill


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
    fill(province, layer, MARKS_AT_ONCE + 5)
    fill(province, province.layers["everyone"], 3)
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


def test_the_authors_of_a_layer_have_names(province: Province) -> None:
    fill(province, province.layers["everyone"], 2, "guest")
    fill(province, province.layers["everyone"], 2, "delegate")
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
