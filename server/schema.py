"""The wire's types for the client: JSON Schema of every endpoint's and topic's models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from server.endpoints import ENDPOINTS, TOPICS
from server.live import messages as live


class Plain(GenerateJsonSchema):
    """Without titles on fields: a generator of types would turn each into a name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def client_schema() -> dict[str, Any]:
    """One schema: what the client sends in validation mode, what it gets in serialization mode."""
    sent: list[type[BaseModel]] = [one.body for one in ENDPOINTS if one.body is not None]
    got: list[type[BaseModel]] = [one.answer for one in ENDPOINTS if one.answer is not None]
    for kind in TOPICS.values():
        got.append(kind.data)
        got.extend(_members(kind.change))
    got.extend(live.SERVER_FRAMES)
    sent.extend(_members(live.ClientFrame))
    pairs: list[tuple[type[BaseModel], Any]] = [(one, "validation") for one in dict.fromkeys(sent)]
    pairs += [(one, "serialization") for one in dict.fromkeys(got) if one not in sent]
    _, schema = models_json_schema(pairs, schema_generator=Plain)
    schema["title"] = "Wire"
    return schema


def _members(union: Any) -> list[type[BaseModel]]:
    return list(union.__origin__.__args__)
