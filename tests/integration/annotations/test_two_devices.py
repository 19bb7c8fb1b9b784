"""Two devices of one delegate, offline for a day, 500 edits each: nothing is silently gone."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.harness.annotation_model import Message
from tests.harness.fault_proxy import FaultProxy
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.server import RunningServer, running
from tests.harness.tablet import Tablet
from tests.harness.ts_client import NodeCore
from tests.harness.wired import Place, WiredTablet, at_rest, put, settle, views_agree

EDITS = 500
KNOWN = 40
"""Marks both devices had before they went offline: what they then fight over."""


@pytest.fixture(scope="module")
def node() -> Iterator[NodeCore]:
    core = NodeCore()
    yield core
    core.close()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose database holds this test's marks alone."""
    with running(tmp_path_factory.mktemp("two")) as started:
        yield started


@dataclass
class Written:
    """What a person wrote on one device: marks, and on each the last words (all different). What
    the same hand wrote there before was changed knowingly."""

    marks: set[str] = field(default_factory=set)
    words: dict[str, str] = field(default_factory=dict)


def an_edit(rng: random.Random, tablet: WiredTablet, written: Written, words: str) -> Message:
    """One gesture: mostly on marks that the other device changes too."""
    seen = list(tablet.client.view(tablet.place.layer))
    kinds = ("put", "body", "style", "move", "delete", "restore")
    kind = rng.choices(kinds, (30, 30, 15, 10, 10, 5))[0]
    if kind == "put" or not seen:
        mark = put(tablet.place.version, rng, body=words)
        written.marks.add(mark["id"])
        written.words[mark["id"]] = words
        return mark
    id_ = rng.choice(seen)
    match kind:
        case "body":
            written.words[id_] = words
            return {"op": "patch", "id": id_, "body": words}
        case "style":
            return {"op": "patch", "id": id_, "style": {"color": f"#{rng.randrange(16**6):06x}"}}
        case "move":
            point = [rng.randrange(500), rng.randrange(800)]
            return {"op": "patch", "id": id_, "geometry": {"point": point}}
        case other:
            return {"op": other, "id": id_}


def standing_words(database: Path) -> set[str]:
    """Words that stand on a mark, also on one that was deleted knowingly."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {row[0] for row in connection.execute("SELECT body FROM annotation")}
    finally:
        connection.close()


def stored_marks(database: Path) -> set[str]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {row[0] for row in connection.execute("SELECT id FROM annotation")}
    finally:
        connection.close()


@pytest.mark.timeout(600)
async def test_two_devices_with_500_edits_each_offline_converge_and_nothing_is_silently_gone(
    own_server: RunningServer, node: NodeCore
) -> None:
    rng = random.Random(500)
    secretary, delegate = Tablet(own_server), Tablet(own_server)
    await secretary.sign_in("thuky")
    await delegate.sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    document = await add_paper(secretary, meeting, paper(1))
    view = await delegate.do("GET", f"/documents/{document}")
    place = Place(delegate, view["my_layer"], view["version"]["id"])
    proxy = await FaultProxy(own_server.port, 500).start()
    proxy.calm()
    devices = [WiredTablet(node.tablet(delegate.person), place, proxy, rng) for _ in range(2)]
    hands = [Written(), Written()]
    try:
        for device in devices:
            device.start()
        for number in range(KNOWN):
            mark = put(place.version, rng, body=f"trước {number}")
            hands[0].marks.add(mark["id"])
            await devices[number % 2].edit([mark])
        await settle(lambda: all(at_rest(one) for one in devices), devices)
        await settle(lambda: views_agree(devices, place.layer), devices)
        for device in devices:
            await device.stop()
        for number in range(EDITS):
            for name, device, hand in zip("ab", devices, hands, strict=True):
                await device.edit([an_edit(rng, device, hand, f"lời {name}{number}")])
        for device in devices:
            assert device.client.unsent() > 0
            device.client.restart()  # the tablets are switched off and on again
            device.start()
        await settle(lambda: all(at_rest(one) for one in devices), devices)
        fresh = WiredTablet(node.tablet(delegate.person), place, proxy, rng)
        devices.append(fresh)
        fresh.start()
        await settle(lambda: views_agree(devices, place.layer), devices)
        told = {entry["code"] for one in devices for entry in one.client.refused()}
        assert told == {"deleted", "conflict"}, "what both devices touched, nothing else"
        database = own_server.data / "phonghop.sqlite3"
        standing = standing_words(database)
        for device, hand in zip(devices, hands, strict=False):
            assert hand.marks <= stored_marks(database), "a mark is gone"
            assert len(hand.words) > EDITS / 4
            listed = {op.get("body") for one in device.client.refused() for op in one["ops"]}
            lost = set(hand.words.values()) - standing - listed
            assert not lost, "words stand on no mark and lie in no list of the tablet"
        met = [one for device in devices for one in device.client.refused()]
        conflicts = [one for one in met if one["code"] == "conflict"]
        assert all(one["serverValue"]["body"] for one in conflicts), "both texts are there"
        for name, device in zip("ab", devices, strict=False):
            for one in conflicts:
                if one in device.client.refused():
                    theirs = one["serverValue"]["body"]
                    assert not theirs.startswith(f"lời {name}"), "a conflict with itself"
    finally:
        for device in devices:
            await device.stop()
            device.client.close()
        await proxy.close()
        for tablet in (secretary, delegate):
            await tablet.close()
