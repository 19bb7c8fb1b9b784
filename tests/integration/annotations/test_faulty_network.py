"""Real server, real sockets through a proxy that breaks them, the shipped core on each tablet.

Two tablets of one delegate mark one document while connections are reset, stall half-open and
lose answers, and the server is killed now and then. In the end both show what a fresh tablet
sees, and every effect happened exactly once.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.harness.fault_proxy import FaultProxy
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.server import RunningServer, running
from tests.harness.stored_marks import read_stored
from tests.harness.tablet import Tablet
from tests.harness.ts_client import NodeCore
from tests.harness.wired import Place, WiredTablet, at_rest, put, settle, views_agree

SCHEDULES = 40
"""With those of test_shared_network.py more than fifty."""
PROOF_SCHEDULES = 500
BUNDLE = 50
"""Schedules on one paper: who looks at the end of each reads all that those before drew."""
DELEGATES = ("daibieu1", "daibieu2", "chutich", "thuky2", "khach")
"""Schedules run side by side on one server, each with its own delegate, layer and proxy."""
STEPS = 30


@pytest.fixture(scope="module")
def node() -> Iterator[NodeCore]:
    core = NodeCore()
    yield core
    core.close()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of this module's own: it is killed now and then."""
    with running(tmp_path_factory.mktemp("faulty")) as started:
        yield started


@pytest.fixture
async def places(own_server: RunningServer) -> AsyncIterator[list[Place]]:
    """One document that several delegates mark, each on a layer of his own."""
    secretary = Tablet(own_server)
    await secretary.sign_in("thuky")
    people = [(own_server.people[name], "delegate") for name in DELEGATES]
    meeting = await make_meeting(secretary, *people)
    document = await add_paper(secretary, meeting, paper(1))
    made = []
    for name in DELEGATES:
        delegate = Tablet(own_server)
        await delegate.sign_in(name)
        view = await delegate.do("GET", f"/documents/{document}")
        made.append(Place(delegate, view["my_layer"], view["version"]["id"]))
    yield made
    for tablet in (secretary, *(place.tablet for place in made)):
        await tablet.close()


async def schedule(seed: int, place: Place, node: NodeCore) -> tuple[set[str], Counter[str]]:
    """One schedule from first stroke to rest; returns the ids it drew, and what struck it."""
    rng = random.Random(seed)
    proxy = await FaultProxy(place.tablet.server.port, seed).start()
    tablets = [WiredTablet(node.tablet(place.tablet.person), place, proxy, rng) for _ in range(2)]
    for tablet in tablets:
        tablet.start()
    drawn: list[str] = []
    try:
        for _ in range(STEPS):
            await one_step(rng, rng.choice(tablets), drawn)
            if rng.random() < 0.05:
                proxy.cut()
            await asyncio.sleep(rng.random() / 100)
        proxy.calm()
        await settle(lambda: all(at_rest(one) for one in tablets), tablets)
        fresh = WiredTablet(node.tablet(place.tablet.person), place, proxy, rng)
        tablets.append(fresh)
        fresh.start()
        await settle(lambda: views_agree(tablets, place.layer), tablets)
        for one in tablets:
            refused = {entry["code"] for entry in one.client.refused()}
            assert refused <= {"deleted", "conflict"}, refused
    finally:
        for tablet in tablets:
            await tablet.stop()
            tablet.client.close()
        await proxy.close()
    return set(drawn), proxy.struck


async def one_step(rng: random.Random, tablet: WiredTablet, drawn: list[str]) -> None:
    seen = list(tablet.client.view(tablet.place.layer))
    if len(seen) < 3 or rng.random() < 0.5:
        edits = [put(tablet.place.version, rng) for _ in range(rng.randrange(1, 4))]
        drawn += [edit["id"] for edit in edits]
    elif rng.random() < 0.6:
        edits = [{"op": "patch", "id": rng.choice(seen), "body": f"sửa {rng.random()}"}]
    else:
        edits = [{"op": "delete", "id": rng.choice(seen)}, put(tablet.place.version, rng)]
        drawn.append(edits[1]["id"])
    await tablet.edit(edits)


async def rounds(
    seeds: range, server: RunningServer, places: list[Place], node: NodeCore
) -> dict[str, Any]:
    drawn: set[str] = set()
    struck: Counter[str] = Counter()
    unharmed = 0
    for number, first in enumerate(seeds[:: len(places)]):
        work = [
            asyncio.create_task(schedule(first + i, place, node)) for i, place in enumerate(places)
        ]
        if number % 5 == 0:
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        for ids, trouble in await asyncio.gather(*work):
            drawn |= ids
            struck += trouble
            unharmed += not trouble
    stored, unaccounted = read_stored(server.data / "phonghop.sqlite3")
    print(json.dumps({"schedules": len(seeds), "struck": struck, "unharmed": unharmed}))
    return {
        "drawn": drawn,
        "stored": stored,
        "unaccounted": unaccounted,
        "struck": struck,
        "unharmed": unharmed,
    }


def assert_struck(result: dict[str, Any], schedules: int) -> None:
    """A rehearsal in which nothing goes wrong proves nothing."""
    for trouble in ("slow", "reset", "swallowed", "cut"):
        assert result["struck"][trouble] >= schedules / 5, result["struck"]
    assert result["struck"]["refused"] > 0, "the server was never away"
    assert result["unharmed"] <= schedules / 10


@pytest.mark.timeout(900)
async def test_the_shipped_core_and_the_server_survive_a_faulty_network(
    own_server: RunningServer, places: list[Place], node: NodeCore
) -> None:
    result = await rounds(range(SCHEDULES), own_server, places, node)
    assert len(result["drawn"]) > SCHEDULES * STEPS / 2
    assert result["drawn"] == result["stored"], "a mark was lost"
    assert result["unaccounted"] == [], "something was applied twice"
    assert_struck(result, SCHEDULES)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1_000, 1_000 + PROOF_SCHEDULES, BUNDLE))
async def test_many_schedules_on_a_faulty_network(
    first: int, own_server: RunningServer, places: list[Place], node: NodeCore
) -> None:
    result = await rounds(range(first, first + BUNDLE), own_server, places, node)
    assert result["drawn"] <= result["stored"], "a mark was lost"
    assert result["unaccounted"] == [], "something was applied twice"
    assert_struck(result, BUNDLE)
