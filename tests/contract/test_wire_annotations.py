"""docs/wire-annotations.md is what the code speaks, and both languages share its bounds."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from annotations import limits, operations
from annotations.ink import decode_ink, ink_from_text
from annotations.model import KINDS, Layer
from annotations.session import OwnLayersOnly, Session
from annotations.store import MemoryStore

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "wire-annotations.md").read_text(encoding="utf-8")
CORE = ROOT / "client_web" / "src" / "annotating" / "core"
EXAMPLES: list[dict[str, Any]] = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
]
NOW = 1_763_800_100_000
PERSON = "0196f3a0-3333-4aaa-8bbb-000000000003"
LAYER = "0196f3a0-1111-4aaa-8bbb-000000000001"
CLIENT = {"ann.open", "ann.close", "ann.push"}


def spoken() -> dict[str, list[dict[str, Any]]]:
    """Real messages of the session, by type: one small story."""
    store = MemoryStore()
    store.add_layer(Layer(LAYER, LAYER, "private", PERSON))
    session = Session(PERSON, OwnLayersOnly(PERSON))
    push = next(m for m in EXAMPLES if m["t"] == "ann.push")
    puts = [op for op in push["ops"] if op["op"] == "put"]
    deletion = {"op": "delete", "id": puts[0]["id"], "base_rev": 1}
    edit = {"op": "patch", "id": puts[0]["id"], "base_rev": 1, "body": "x"}
    heard: dict[str, list[dict[str, Any]]] = defaultdict(list)
    wet = next(m for m in EXAMPLES if m["t"] == "ann.ephemeral" and "from" not in m)
    for message in (
        {"t": "ann.open", "layer": LAYER, "cursor": 0},
        {**push, "op_no": 1, "ops": puts},
        {**push, "op_no": 2, "ops": [edit]},
        {"t": "ann.open", "layer": LAYER, "cursor": 0},
        {**push, "op_no": 3, "ops": [deletion]},
        {**push, "op_no": 4, "ops": [edit]},
        {"t": "ann.open", "layer": PERSON, "cursor": 0},
        wet,
    ):
        outcome = session.receive(message, store, NOW)
        parts = (json.loads(part.text) for part in outcome.parts)
        for reply in [*outcome.replies, *parts, outcome.announce, outcome.relay]:
            if reply is not None:
                heard[reply["t"]].append(reply)
    return heard


def test_every_message_of_the_server_has_an_example_with_its_keys() -> None:
    documented = defaultdict(set)
    for example in EXAMPLES:
        documented[example["t"]] |= example.keys()
    for kind, messages in spoken().items():
        for message in messages:
            assert message.keys() <= documented[kind] | {"more"}, kind
            missing = documented[kind] - message.keys()
            assert kind in {"ann.nack", "ann.ephemeral"} or not missing, (kind, missing)


def test_items_are_documented_field_by_field() -> None:
    shown = {key for m in EXAMPLES for item in m.get("items", []) for key in item}
    named = shown | set(re.findall(r"[a-z_]+", DOCS))
    for messages in spoken().values():
        for message in messages:
            for item in message.get("items", []):
                assert item.keys() <= named


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda m: m["t"])
def test_examples_are_taken_by_the_session_and_their_ink_decodes(example: dict[str, Any]) -> None:
    for one in [*example.get("items", []), *example.get("ops", [])]:
        if "ink" in one:
            assert len(decode_ink(ink_from_text(one["ink"])).xs) == 3
    if example["t"] in CLIENT:
        outcome = Session(PERSON, OwnLayersOnly(PERSON)).receive(example, MemoryStore(), NOW)
        assert all(reply["t"].startswith("ann.") for reply in outcome.replies)


def test_every_code_of_a_refusal_is_documented() -> None:
    listed = set(re.findall(r"`([a-z_]+)`", DOCS[DOCS.index("## Codes of a refusal") :]))
    source = "".join(path.read_text() for path in (ROOT / "annotations").glob("*.py"))
    raised = set(re.findall(r'(?:AnnotationError|Conflict|_refusal)\(\s*"([a-z_]+)"', source))
    assert len(raised) > 15
    assert raised <= listed, raised - listed


def test_every_kind_is_documented() -> None:
    assert all(kind in DOCS for kind in KINDS)
    assert operations.KINDS is KINDS


def test_both_languages_have_the_same_bounds() -> None:
    source = (CORE / "limits.ts").read_text()
    shared = source[: source.index("/** Pushes under way")]
    theirs = {
        name: int(value.replace("_", ""))
        for name, value in re.findall(r"export const (\w+) = ([\d_]+);", shared)
    }
    assert len(theirs) == 12
    for name, value in theirs.items():
        assert getattr(limits, name) == value, name
