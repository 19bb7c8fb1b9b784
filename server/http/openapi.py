"""The table of endpoints as an OpenAPI document (https://spec.openapis.org/oas/v3.1.0).

For other systems, and for the test that sends every endpoint what it does not expect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.http.endpoint import Endpoint
from server.http.routing import ID, KEY, NUMBER

SCHEMAS = "#/components/schemas/{model}"
NUMBERS = frozenset({"limit"})
"""Query parameters that are numbers; all others are words."""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457; `code` and `params` are for the client's words",
    "required": ["type", "status", "code", "params"],
    "properties": {
        "type": {"const": "about:blank"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "params": {"type": "object"},
    },
}
REFUSED = {
    "description": "refused",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _whole(pattern: re.Pattern[str]) -> str:
    return f"^{pattern.pattern}$"


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in re.findall(r"\{(\w+)\}", endpoint.path):
        pattern = ID if name.endswith("_id") else NUMBER
        schema = {"type": "string", "pattern": _whole(pattern)}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    for name in endpoint.query:
        schema = {"type": "string"}
        if name in NUMBERS:
            schema["pattern"] = _whole(NUMBER)
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    if endpoint.unsafe:
        schema = {"type": "string", "pattern": _whole(KEY)}
        key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}
        found.append(key)
    return found


def _model(model: type[BaseModel], mode: str, refs: dict[Any, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = refs[model, mode]
    return schema


def _success(endpoint: Endpoint, refs: dict[Any, Any]) -> dict[str, Any]:
    if endpoint.answer is not None:
        schema = _model(endpoint.answer, "serialization", refs)
        if endpoint.many:
            schema = {"type": "array", "items": schema}
        return {"200": {"description": "done", "content": {"application/json": {"schema": schema}}}}
    if endpoint.unsafe:
        return {"204": {"description": "done"}}
    return {"200": {"description": "bytes of the type that Content-Type says"}}


def _operation(endpoint: Endpoint, refs: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": (endpoint.handler.__doc__ or "").split("\n", 1)[0],
        "tags": [endpoint.may.partition(".")[0]],
        "parameters": _parameters(endpoint),
        "responses": {**_success(endpoint, refs), "default": REFUSED},
    }
    if endpoint.raw:
        content: dict[str, Any] = {"application/pdf": {}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.body is not None:
        content = {"application/json": {"schema": _model(endpoint.body, "validation", refs)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def openapi(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """The whole document."""
    pairs: list[tuple[type[BaseModel], Any]] = []
    for one in endpoints:
        if one.body is not None:
            pairs.append((one.body, "validation"))
        if one.answer is not None:
            pairs.append((one.answer, "serialization"))
    refs, definitions = models_json_schema(list(dict.fromkeys(pairs)), ref_template=SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "phonghop",
            "version": version,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "paths": paths,
        "components": {"schemas": {"Problem": PROBLEM, **definitions.get("$defs", {})}},
    }
