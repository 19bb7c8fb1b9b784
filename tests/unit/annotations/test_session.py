"""One connection against the store in memory: answers, repeats, rights, catch-up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from annotations import session as session_module
from annotations.errors import AnnotationError
from annotations.model import Layer
from annotations.session import OwnLayersOnly, Session
from annotations.store import MemoryStore

from .samples import (
    ALICE,
    BINH,
    DOCUMENT,
    LAYER,
    NOW,
    OTHER_LAYER,
    OUTBOX,
    SHARED,
    delete,
    mark_id,
    patch,
    push,
    put,
    restore,
)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.add_layer(Layer(LAYER, DOCUMENT, "private", ALICE))
    made.add_layer(Layer(OTHER_LAYER, DOCUMENT, "private", BINH))
    return made


@pytest.fixture
def alice() -> Session:
    return Session(ALICE, OwnLayersOnly(ALICE))


def reply(session: Session, store: MemoryStore, message: dict[str, Any]) -> dict[str, Any]:
    [answer] = replies(session, store, message)
    return answer


def replies(session: Session, store: MemoryStore, message: dict[str, Any]) -> list[dict[str, Any]]:
    outcome = session.receive(message, store, NOW)
    return [*outcome.replies, *(json.loads(part.text) for part in outcome.parts)]


def test_an_accepted_push_is_answered_and_announced(alice: Session, store: MemoryStore) -> None:
    outcome = alice.receive(push(1, put(1), put(2), patch(1, body="x")), store, NOW)
    assert outcome.replies == [
        {"t": "ann.ack", "op_no": 1, "layer": LAYER, "seqs": [3, 2, 3], "revs": [2, 1, 2]}
    ]
    assert outcome.layer == LAYER
    assert outcome.announce is not None
    assert (outcome.announce["from"], outcome.announce["to"]) == (0, 3)
    assert [(item["id"], item["seq"]) for item in outcome.announce["items"]] == [
        (mark_id(2), 2),
        (mark_id(1), 3),
    ]
    assert store.layers[LAYER].head_seq == 3


def test_a_repeated_push_gets_its_first_answer_and_changes_nothing(
    alice: Session, store: MemoryStore
) -> None:
    first = reply(alice, store, push(1, put(1)))
    alice.receive(push(2, patch(1, body="x")), store, NOW)
    outcome = Session(ALICE, OwnLayersOnly(ALICE)).receive(push(1, put(1)), store, NOW)
    assert outcome.replies == [first]
    assert outcome.announce is None
    assert store.layers[LAYER].head_seq == 2


def test_a_repeated_refusal_stays_refused_even_when_it_would_hold_by_now(
    alice: Session, store: MemoryStore
) -> None:
    alice.receive(push(1, put(1)), store, NOW)
    alice.receive(push(2, delete(1)), store, NOW)
    refused = push(3, put(2), patch(1, body="x"))
    nack = reply(alice, store, refused)
    assert (nack["code"], nack["index"], nack["field"]) == ("deleted", 1, "id")
    assert nack["server_value"]["deleted"] is True
    assert mark_id(2) not in store.marks
    alice.receive(push(4, restore(1)), store, NOW)
    again = reply(alice, store, refused)
    assert (again["code"], again["index"]) == ("deleted", 1)
    assert again["server_value"]["rev"] == 3
    store.marks.clear()
    assert "server_value" not in reply(alice, store, refused)


def test_a_number_used_for_another_push_or_by_another_person_is_told(
    alice: Session, store: MemoryStore
) -> None:
    alice.receive(push(1, put(1)), store, NOW)
    assert reply(alice, store, push(1, put(2)))["code"] == "op_no_reused"
    binh = Session(BINH, OwnLayersOnly(BINH))
    assert reply(binh, store, push(1, put(1)))["code"] == "op_no_reused"


def test_other_words_under_a_taken_number_are_not_acknowledged(
    alice: Session, store: MemoryStore
) -> None:
    """An outbox that went back: the tablet was restored from a backup."""
    alice.receive(push(1, put(1, body="không")), store, NOW)
    assert reply(alice, store, push(2, patch(1, body="một")))["t"] == "ann.ack"
    assert reply(alice, store, push(2, patch(1, body="hai")))["code"] == "op_no_reused"
    assert reply(alice, store, push(2, patch(1, base_rev=9, body="một")))["t"] == "ann.ack"


@pytest.mark.parametrize(
    "ops",
    [
        (put(2, body="một"), patch(2, base_rev=0, body="hai")),
        (patch(1, body="một"), patch(1, style={"width": 2}), patch(1, body="hai")),
    ],
)
def test_a_push_is_no_conflict_to_itself(
    alice: Session, store: MemoryStore, ops: tuple[dict[str, Any], ...]
) -> None:
    alice.receive(push(1, put(1, body="không")), store, NOW)
    assert reply(alice, store, push(2, *ops))["t"] == "ann.ack"
    assert store.marks[ops[0]["id"]].body == "hai"


def test_a_refusal_shows_what_is_stored_and_not_what_the_push_made_of_it(
    alice: Session, store: MemoryStore
) -> None:
    alice.receive(push(1, put(1, body="không")), store, NOW)
    alice.receive(push(2, patch(1, body="một")), store, NOW)
    nack = reply(alice, store, push(3, patch(1, page=4), patch(1, body="hai")))
    assert (nack["code"], nack["index"]) == ("conflict", 1)
    value = nack["server_value"]
    assert (value["page"], value["body"], value["rev"], value["seq"]) == (0, "một", 2, 2)
    never = reply(alice, store, push(4, put(2), delete(2), patch(2, body="x")))
    assert never == {"t": "ann.nack", "op_no": 4, "code": "deleted", "index": 2, "field": "id"}


def test_a_push_that_changes_nothing_is_answered_and_not_announced(
    alice: Session, store: MemoryStore
) -> None:
    alice.receive(push(1, put(1), delete(1)), store, NOW)
    outcome = alice.receive(push(2, delete(1)), store, NOW)
    assert outcome.replies[0]["seqs"] == [2]
    assert outcome.announce is None


@pytest.mark.parametrize("layer", [OTHER_LAYER, LAYER.replace("1111", "9999")])
def test_foreign_and_unknown_layers_look_alike(
    alice: Session, store: MemoryStore, layer: str
) -> None:
    assert reply(alice, store, push(1, put(1), layer=layer)) == {
        "t": "ann.nack",
        "op_no": 1,
        "code": "forbidden",
    }
    assert reply(alice, store, {"t": "ann.open", "layer": layer, "cursor": 0}) == {
        "t": "ann.revoke",
        "layer": layer,
    }


def test_ids_of_others_are_refused_without_a_word_about_them(
    alice: Session, store: MemoryStore
) -> None:
    binh = Session(BINH, OwnLayersOnly(BINH))
    other = OUTBOX.replace("4444", "5555")
    binh.receive(push(1, put(1, body="bí mật"), layer=OTHER_LAYER, outbox=other), store, NOW)
    taken = reply(alice, store, push(1, put(1)))
    assert taken == {"t": "ann.nack", "op_no": 1, "code": "id_taken", "index": 0, "field": "id"}
    for number, op in enumerate((patch(1, body="x"), delete(1), restore(1)), 2):
        assert reply(alice, store, push(number, op))["code"] == "unknown_annotation"


@pytest.mark.parametrize(
    ("message", "op_no", "code"),
    [
        ({**push(4, put()), "layer": 3}, 4, "bad_id"),
        ({**push(4, put()), "op_no": "4"}, 0, "wrong_type"),
        ({"t": "ann.push"}, 0, "missing"),
        (push(4, put(), put(2, page="x")), 4, "wrong_type"),
    ],
)
def test_a_malformed_push_is_refused_and_the_connection_goes_on(
    alice: Session, store: MemoryStore, message: dict[str, Any], op_no: int, code: str
) -> None:
    nack = reply(alice, store, message)
    assert (nack["t"], nack["op_no"], nack["code"]) == ("ann.nack", op_no, code)
    assert reply(alice, store, push(5, put(9)))["t"] == "ann.ack"


@pytest.mark.parametrize(
    "message",
    [
        {"t": "ann.shout"},
        {"t": None},
        {"t": "ann.open", "layer": LAYER, "cursor": -1},
        {"t": "ann.open", "layer": LAYER},
        {"t": "ann.close"},
        {"t": "ann.ephemeral", "layer": LAYER, "kind": "x" * 21, "data": {}},
        {"t": "ann.ephemeral", "layer": LAYER, "kind": "wet", "data": []},
        {"t": "ann.ephemeral", "layer": LAYER, "kind": 7, "data": {}},
    ],
)
def test_other_malformed_messages_raise(
    alice: Session, store: MemoryStore, message: dict[str, Any]
) -> None:
    with pytest.raises(AnnotationError):
        alice.receive(message, store, NOW)


def open_at(cursor: int) -> dict[str, Any]:
    return {"t": "ann.open", "layer": LAYER, "cursor": cursor}


def test_catch_up_is_what_changed_since_the_cursor(alice: Session, store: MemoryStore) -> None:
    alice.receive(push(1, put(1), put(2)), store, NOW)
    alice.receive(push(2, delete(1)), store, NOW)
    delta = reply(alice, store, open_at(2))
    assert (delta["t"], delta["from"], delta["to"]) == ("ann.delta", 2, 3)
    assert delta["items"] == [{"id": mark_id(1), "rev": 2, "seq": 3, "deleted": True}]
    assert reply(alice, store, open_at(3)) == {
        "t": "ann.delta",
        "layer": LAYER,
        "from": 3,
        "to": 3,
        "items": [],
    }


def test_a_first_look_is_a_snapshot_of_the_living(alice: Session, store: MemoryStore) -> None:
    assert reply(alice, store, open_at(0))["items"] == []
    alice.receive(push(1, put(1), put(2), delete(1)), store, NOW)
    snapshot = reply(alice, store, open_at(0))
    assert (snapshot["t"], snapshot["seq"], snapshot["last"]) == ("ann.snapshot", 3, True)
    assert [item["id"] for item in snapshot["items"]] == [mark_id(2)]


def test_tldraw_6488_forgotten_deletions_are_not_lost_on_who_was_away(
    alice: Session, store: MemoryStore
) -> None:
    alice.receive(push(1, put(1), put(2)), store, NOW)
    alice.receive(push(2, delete(1)), store, NOW)
    store.forget_deleted(LAYER)
    assert reply(alice, store, open_at(3))["t"] == "ann.delta"
    away = reply(alice, store, open_at(2))
    assert away["t"] == "ann.snapshot"
    assert [item["id"] for item in away["items"]] == [mark_id(2)]


def test_a_cursor_from_another_life_of_the_database_gets_a_snapshot(
    alice: Session, store: MemoryStore
) -> None:
    alice.receive(push(1, put(1)), store, NOW)
    assert reply(alice, store, open_at(900))["t"] == "ann.snapshot"


def test_large_answers_come_in_parts_that_continue_each_other(
    alice: Session, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.receive(push(1, *(put(n) for n in range(1, 11))), store, NOW)
    monkeypatch.setattr(session_module, "SNAPSHOT_BYTES", 1_100)
    parts = replies(alice, store, open_at(0))
    assert [part["part"] for part in parts] == list(range(len(parts)))
    assert [part["last"] for part in parts] == [False] * (len(parts) - 1) + [True]
    assert sum(len(part["items"]) for part in parts) == 10
    deltas = alice.receive(open_at(1), store, NOW).replies
    assert len(deltas) > 2
    assert [delta["from"] for delta in deltas] == [1, *(delta["to"] for delta in deltas[:-1])]
    assert [delta.get("more", False) for delta in deltas] == [True] * (len(deltas) - 1) + [False]
    assert deltas[-1]["to"] == 10
    monkeypatch.setattr(session_module, "CATCH_UP_ITEMS", 5)
    assert replies(alice, store, open_at(1))[0]["t"] == "ann.snapshot"


def test_a_layer_begins_with_the_page_that_is_looked_at(
    alice: Session, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = [put(n) | {"page": n % 3, "body": "Đã xem"} for n in range(1, 10)]
    alice.receive(push(1, *marks), store, NOW)
    monkeypatch.setattr(session_module, "SNAPSHOT_BYTES", 1_100)
    for page in range(3):
        parts = replies(alice, store, {**open_at(0), "page": page})
        items = [item for part in parts for item in part["items"]]
        assert [item["page"] for item in items[:3]] == [page] * 3
        assert {item["id"] for item in items} == {mark_id(n) for n in range(1, 10)}
        for some in (items[:3], items[3:]):
            assert some == sorted(some, key=lambda item: int(item["seq"]))
        assert all(len(json.dumps(part["items"], ensure_ascii=False)) < 1_300 for part in parts)
    with pytest.raises(AnnotationError, match="out_of_range"):
        alice.receive({**open_at(0), "page": -1}, store, NOW)


class Fickle(OwnLayersOnly):
    """Rights that end at any moment."""

    gone = False

    def may_read(self, layer: Layer) -> bool:
        return not Fickle.gone and super().may_read(layer)


def test_delivery_asks_for_the_right_each_time(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(ALICE, Fickle(ALICE))
    change = {"t": "ann.delta", "layer": LAYER}
    assert session.deliver(LAYER, change) is None
    session.receive(open_at(0), store, NOW)
    assert session.deliver(LAYER, change) is change
    monkeypatch.setattr(Fickle, "gone", True)
    assert session.deliver(LAYER, change) == {"t": "ann.revoke", "layer": LAYER}
    assert session.deliver(LAYER, change) is None


def test_a_closed_layer_is_not_delivered(alice: Session, store: MemoryStore) -> None:
    alice.receive(open_at(0), store, NOW)
    assert alice.receive({"t": "ann.close", "layer": LAYER}, store, NOW).replies == []
    assert alice.deliver(LAYER, {}) is None


def test_wet_ink_passes_to_followers_and_is_never_stored(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(ALICE, Fickle(ALICE))
    wet = {"t": "ann.ephemeral", "layer": LAYER, "kind": "wet", "data": {"points": [[1, 2]]}}
    assert session.receive(wet, store, NOW).relay is None
    session.receive(open_at(0), store, NOW)
    outcome = session.receive(wet, store, NOW)
    assert outcome.relay == {**wet, "from": ALICE}
    assert (outcome.replies, outcome.layer) == ([], LAYER)
    assert store.marks == {}
    with pytest.raises(AnnotationError, match="too_large"):
        session.receive({**wet, "data": {"x": "y" * 9_000}}, store, NOW)
    monkeypatch.setattr(Fickle, "gone", True)
    assert session.receive(wet, store, NOW).relay is None


def test_only_ones_own_private_layers_by_default() -> None:
    own = Layer(LAYER, DOCUMENT, "private", ALICE)
    shared = Layer(LAYER, DOCUMENT, "shared", ALICE)
    rights = OwnLayersOnly(ALICE)
    assert rights.may_write(own)
    assert not rights.may_write(shared)
    assert not OwnLayersOnly(BINH).may_read(own)
    assert not rights.may_moderate(own)


@dataclass
class Member:
    """Somebody on a shared layer, whose rights a test moves."""

    read: bool = True
    write: bool = True
    moderate: bool = False

    def may_read(self, layer: Layer) -> bool:
        return self.read

    def may_write(self, layer: Layer) -> bool:
        return self.write

    def may_moderate(self, layer: Layer) -> bool:
        return self.moderate


@pytest.fixture
def shared(store: MemoryStore) -> MemoryStore:
    store.add_layer(Layer(SHARED, DOCUMENT, "shared", ALICE))
    return store


def on_shared(op_no: int, *ops: Any, outbox: str = OUTBOX) -> dict[str, Any]:
    return push(op_no, *ops, layer=SHARED, outbox=outbox)


BINHS = OUTBOX.replace("4444", "5555")


def test_an_answer_answers_a_mark_of_its_own_layer(shared: MemoryStore) -> None:
    alice, binh = Session(ALICE, Member()), Session(BINH, Member())
    alice.receive(push(1, put(1)), shared, NOW)
    alice.receive(on_shared(2, put(2, body="Số này lấy ở đâu?")), shared, NOW)
    for number, answered in enumerate((mark_id(1), mark_id(77)), 1):
        nack = reply(binh, shared, on_shared(number, put(3, reply_to=answered), outbox=BINHS))
        assert (nack["code"], nack["index"], nack["field"]) == (
            "unknown_annotation",
            0,
            "reply_to",
        )
    ack = reply(binh, shared, on_shared(3, put(3, reply_to=mark_id(2)), outbox=BINHS))
    assert ack["t"] == "ann.ack"
    alice.receive(on_shared(3, delete(2)), shared, NOW)
    late = on_shared(4, put(4, reply_to=mark_id(2)), put(5, reply_to=mark_id(4)), outbox=BINHS)
    assert reply(binh, shared, late)["t"] == "ann.ack"
    assert shared.marks[mark_id(5)].reply_to == mark_id(4)


def test_two_edits_of_one_body_on_a_shared_layer_show_the_second_what_is_there(
    shared: MemoryStore,
) -> None:
    """Two devices of the author: nobody else may touch the words."""
    first, second = Session(ALICE, Member()), Session(ALICE, Member())
    first.receive(on_shared(1, put(1, body="một")), shared, NOW)
    first.receive(on_shared(2, patch(1, body="hai")), shared, NOW)
    nack = reply(second, shared, on_shared(1, patch(1, body="ba"), outbox=BINHS))
    assert (nack["code"], nack["field"]) == ("conflict", "body")
    assert nack["server_value"]["body"] == "hai"


def test_a_repeated_refusal_shows_nothing_once_the_right_to_read_is_gone(
    shared: MemoryStore,
) -> None:
    alice, rights = Session(ALICE, Member()), Member()
    binh = Session(BINH, rights)
    alice.receive(on_shared(1, put(1, body="trước"), delete(1)), shared, NOW)
    late = on_shared(1, patch(1, resolved=True), outbox=BINHS)
    assert reply(binh, shared, late)["server_value"]["deleted"] is True
    rights.read = rights.write = False
    alice.receive(on_shared(2, restore(1), patch(1, body="chỉ cho người khác")), shared, NOW)
    bare = {"t": "ann.nack", "op_no": 1, "code": "deleted", "index": 0, "field": "id"}
    assert reply(binh, shared, late) == bare
    rights.read = True
    assert reply(binh, shared, late)["server_value"]["body"] == "chỉ cho người khác"
    moved = replace(shared.marks[mark_id(1)], layer=LAYER)
    shared.marks[mark_id(1)] = moved
    assert reply(binh, shared, late) == bare, "the id means a mark of another layer by now"
    del shared.layers[SHARED]
    assert reply(binh, shared, late) == bare


def test_who_may_read_but_not_write_is_refused_and_goes_on_reading(shared: MemoryStore) -> None:
    rights = Member(write=False)
    binh = Session(BINH, rights)
    assert reply(binh, shared, {"t": "ann.open", "layer": SHARED, "cursor": 0})["t"] == (
        "ann.snapshot"
    )
    assert reply(binh, shared, on_shared(1, put(1)))["code"] == "forbidden"
    change = {"t": "ann.delta", "layer": SHARED}
    assert binh.deliver(SHARED, change) is change


def test_a_moderator_takes_away_and_changes_nothing_else(shared: MemoryStore) -> None:
    alice, binh = Session(ALICE, Member(moderate=True)), Session(BINH, Member())
    binh.receive(on_shared(1, put(1, body="lời"), put(2), outbox=BINHS), shared, NOW)
    assert reply(alice, shared, on_shared(1, patch(1, body="x")))["code"] == "not_yours"
    assert reply(alice, shared, on_shared(2, delete(1)))["t"] == "ann.ack"
    nack = reply(binh, shared, on_shared(2, restore(1), outbox=BINHS))
    assert (nack["code"], nack["index"]) == ("taken_away", 0)


def test_wet_ink_comes_at_no_more_than_thirty_a_second(shared: MemoryStore) -> None:
    session = Session(ALICE, Member())
    session.receive({"t": "ann.open", "layer": SHARED, "cursor": 0}, shared, NOW)
    wet = {"t": "ann.ephemeral", "layer": SHARED, "kind": "wet", "data": {}}

    def passed(times: Iterable[int]) -> int:
        return sum(session.receive(wet, shared, at).relay is not None for at in times)

    assert passed(range(NOW, NOW + 10_001, 5)) == 10 + 30 * 10
    assert passed([NOW + 10_000] * 50) == 0
    assert passed([NOW + 60_000] * 50) == 10
    assert passed([NOW] * 50) == 0, "a clock set back gives nothing away"
    with pytest.raises(AnnotationError):
        session.receive({**wet, "data": 1}, shared, NOW + 120_000)
