"""What others wrote on a shared layer that its owner deletes: it comes home, and they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from server.annotating import homecoming, layers, sharing
from server.annotating.purge import purge_some
from server.database import Database, WriteSession
from server.documents import actions as documents
from server.documents.messages import DocumentPatch
from server.identity import SYSTEM
from server.live.changes import head, missed
from server.meetings import actions as meetings
from server.meetings.topics import inbox_topic
from server.sqlite import raw_of

from .world import Province, fill


@pytest.fixture
def province(closed_database: Database) -> Province:
    made = Province(closed_database)
    closed_database.write_now(SYSTEM, made.make)
    return made


class Inboxes:
    """What each person's inbox says from now on."""

    def __init__(self, province: Province) -> None:
        self.database = province.database
        self.topics = {name: inbox_topic(one.person_id) for name, one in province.actors.items()}
        self.since = {
            name: self.database.read_now(head, topic)[0] for name, topic in self.topics.items()
        }

    def homes(self) -> list[tuple[str, int]]:
        """Who was told that so many marks came home."""
        return [(name, item["marks"]) for name, item in self.told()]

    def told(self) -> list[tuple[str, Any]]:
        """The same as it was said."""
        return [
            (name, item)
            for name, topic in sorted(self.topics.items())
            for _, frame in self.database.read_now(missed, topic, self.since[name]) or []
            for item in json.loads(frame)["items"]
            if item["kind"] == "marks_home"
        ]


def delete(province: Province, layer: str) -> None:
    province.database.write_now(province.actors["delegate"], sharing.delete_layer, layer)


async def bring_home(province: Province, layer: str) -> None:
    """As the job does."""
    owner, paper = province.actors["delegate"].person_id, province.papers["public"]
    await homecoming.bring_home(province.database, layer, owner, paper)


def at_home(province: Province, who: str) -> Any:
    """The marks on this person's private layer of the public paper."""
    paper, person = province.papers["public"], province.actors[who].person_id
    own = province.database.read_now(layers.private_layer, paper, person)
    assert own is not None
    return province.database.read_now(layers.marks_on, own)


def run(province: Province, statement: str, *given: Any) -> None:
    def act(session: WriteSession) -> None:
        layers.raw(session)._execute(statement, given)

    province.database.write_now(SYSTEM, act)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many marks each transaction went through."""
    seen: list[int] = []
    bring = homecoming.bring_some_home

    def noted(*given: Any) -> int:
        seen.append(bring(*given))
        return seen[-1]

    monkeypatch.setattr(homecoming, "bring_some_home", noted)
    return seen


async def test_what_others_wrote_on_a_deleted_layer_comes_home(
    province: Province, pieces: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homecoming, "AT_ONCE", 4)
    database, layer = province.database, province.layers["people"]
    me = {name: province.actors[name].person_id for name in ("delegate", "guest", "chosen")}
    fill(province, layer, 3)
    fill(province, layer, 5, "guest")
    fill(province, layer, 2, "chosen")
    answer, dropped = f"{layer}-guest-0", f"{layer}-guest-1"
    run(province, "UPDATE annotation SET reply_to = ?, resolved = 1 WHERE id = ?", "x", answer)
    run(province, "UPDATE annotation SET deleted = 1 WHERE id = ?", dropped)
    found = database.read_now(homecoming.others_marks, layer, me["delegate"])
    assert (found.people, found.marks) == (2, 6)
    inboxes = Inboxes(province)
    delete(province, layer)
    assert inboxes.homes() == [], "nothing is home yet"
    database.start()
    await bring_home(province, layer)
    assert pieces == [4, 2]
    assert inboxes.homes() == [("chosen", 2), ("guest", 4)]
    while await database.write(SYSTEM, purge_some, layer):
        pass
    assert at_home(province, "delegate") == []
    for who, marks in (("guest", 4), ("chosen", 2)):
        kept = at_home(province, who)
        assert [mark.seq for mark in kept] == list(range(1, marks + 1))
        assert {mark.author for mark in kept} == {me[who]}
        assert not any(mark.reply_to or mark.resolved for mark in kept)
    # A second run of the job finds nothing to do.
    await bring_home(province, layer)
    assert pieces == [4, 2]


async def test_a_run_that_was_overtaken_moves_and_tells_nothing_twice(province: Province) -> None:
    layer, owner = province.layers["people"], province.actors["delegate"].person_id
    fill(province, layer, 3, "guest")
    inboxes = Inboxes(province)
    delete(province, layer)
    slow = province.database.read_now(homecoming.others_coming, layer, owner)
    province.database.start()
    await bring_home(province, layer)
    heads = [mark.seq for mark in at_home(province, "guest")]
    given = (layer, province.papers["public"], slow)
    assert await province.database.write(SYSTEM, homecoming.bring_some_home, *given) == 3
    assert [mark.seq for mark in at_home(province, "guest")] == heads == [1, 2, 3]
    assert inboxes.homes() == [("guest", 3)]


async def test_what_comes_home_comes_in_frames_that_a_tablet_takes(
    province: Province, pieces: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homecoming, "SNAPSHOT_BYTES", 700)
    layer = province.layers["people"]
    fill(province, layer, 5, "guest")
    delete(province, layer)
    province.database.start()
    await bring_home(province, layer)
    assert pieces == [2, 2, 1], "some 330 bytes each"
    assert len(at_home(province, "guest")) == 5


async def test_nothing_comes_home_to_a_paper_that_takes_no_marks(
    province: Province, pieces: list[int]
) -> None:
    layer, owner = province.layers["people"], province.actors["delegate"].person_id
    fill(province, layer, 2, "guest")
    delete(province, layer)
    inboxes = Inboxes(province)
    run(province, "UPDATE meeting SET marks_purged_at = 1 WHERE id = ?", province.issued)
    province.database.start()
    await bring_home(province, layer)
    await homecoming.bring_home(province.database, layer, owner, "no-document")
    assert pieces == [0, 0]
    assert len(province.database.read_now(layers.marks_on, layer)) == 2
    assert inboxes.homes() == []


async def test_who_may_have_their_words_is_told_of_the_paper_and_nobody_else(
    province: Province,
) -> None:
    layer = province.layers["people"]
    for who in ("guest", "chosen", "secretariat"):
        fill(province, layer, 2, who)
    guest, staff = province.actors["guest"].person_id, province.actors["secretariat"]
    database = province.database
    database.write_now(staff, meetings.remove_participant, province.issued, guest)
    delete(province, layer)
    patch = DocumentPatch(title="Báo cáo, bản cuối")
    database.write_now(staff, documents.change_document, province.papers["public"], patch)
    database.write_now(staff, documents.delete_document, province.papers["public"])
    inboxes = Inboxes(province)
    database.start()
    await bring_home(province, layer)
    titles = [(name, item["title"], item["marks"]) for name, item in inboxes.told()]
    assert titles == [("chosen", "Báo cáo, bản cuối", 2), ("secretariat", "Báo cáo, bản cuối", 2)]
    assert len(at_home(province, "guest")) == 2, "theirs all the same, where they come back"


@contextmanager
def steps_of_the_writer(database: Database) -> Iterator[list[int]]:
    """Counts the instructions of SQLite's machine on the writer's connection, in tens."""
    taken = [0]

    def step() -> int:
        taken[0] += 1
        return 0

    with database.writer.connect() as connection:
        raw_of(connection).set_progress_handler(step, 10)
    yield taken


async def test_the_owners_own_marks_cost_the_writer_nothing(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homecoming, "AT_ONCE", 2)
    few, many = province.layers["people"], province.layers["everyone"]
    fill(province, many, 3000)
    for layer in (few, many):
        fill(province, layer, 20, "guest")
    costs = {}
    with steps_of_the_writer(province.database) as steps:
        for layer in (few, many):
            steps[0] = 0
            delete(province, layer)
            costs[layer, "delete"] = steps[0]
        province.database.start()
        for layer in (few, many):
            steps[0] = 0
            await bring_home(province, layer)
            costs[layer, "bring"] = steps[0]
    assert len(at_home(province, "guest")) == 40
    for what in ("delete", "bring"):
        assert costs[few, what] > 0
        assert costs[many, what] < 2 * costs[few, what]
