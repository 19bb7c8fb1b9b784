"""docs/wire-protocol.md is what the server speaks: every example parses, every model has one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from server.endpoints import TOPICS
from server.live.messages import SERVER_FRAMES, ClientFrame

DOC = (Path(__file__).parents[2] / "docs" / "wire-protocol.md").read_text(encoding="utf-8")
CLIENT_PART, SERVER_PART = DOC.split("\n## Server → client\n")
FROM_CLIENT: TypeAdapter[Any] = TypeAdapter(ClientFrame)
FROM_SERVER = {one.model_fields["t"].annotation.__args__[0]: one for one in SERVER_FRAMES}  # type: ignore[union-attr]


def examples(part: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in re.findall(r"```json\n(.*?)\n```", part, re.S)]


def topic_kind(topic: str) -> Any:
    name, _, rest = topic.partition(":")
    part = rest.partition(":")[2]
    return TOPICS[f"{name}.{part}" if part else name]


@pytest.mark.parametrize("example", examples(CLIENT_PART), ids=lambda one: one["t"])
def test_a_clients_example_is_taken(example: dict[str, Any]) -> None:
    frame = FROM_CLIENT.validate_json(json.dumps(example))
    assert frame.model_dump(mode="json") == example


@pytest.mark.parametrize("example", examples(SERVER_PART), ids=lambda one: one["t"])
def test_a_servers_example_is_what_it_sends(example: dict[str, Any]) -> None:
    frame = FROM_SERVER[example["t"]].model_validate_json(json.dumps(example))
    assert frame.model_dump(mode="json") == example
    if example["t"] == "snapshot":
        data = topic_kind(example["topic"]).data.model_validate_json(json.dumps(example["data"]))
        assert data.model_dump(mode="json") == example["data"]
    for item in example.get("items", []):
        change = TypeAdapter(topic_kind(example["topic"]).change)
        assert change.validate_json(json.dumps(item)).model_dump(mode="json") == item


def test_every_frame_change_and_topic_has_an_example_and_a_row() -> None:
    sent = {one["t"] for one in examples(CLIENT_PART)}
    members = ClientFrame.__origin__.__args__  # type: ignore[attr-defined]
    assert sent == {one.model_fields["t"].annotation.__args__[0] for one in members}
    got = examples(SERVER_PART)
    assert {one["t"] for one in got} | {"ping", "pong"} == set(FROM_SERVER)
    kinds = {item["kind"] for one in got for item in one.get("items", [])}
    for kind in TOPICS.values():
        for one in kind.change.__origin__.__args__:
            assert one.model_fields["kind"].annotation.__args__[0] in kinds
    for name in TOPICS:
        head, _, part = name.partition(".")
        assert (
            f"| `{head}:{'PERSON' if head == 'inbox' else 'ID'}{':' + part if part else ''}` |"
            in DOC
        )
