"""From the table of endpoints to Starlette's routes: parsing, the gate, answers."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from server.errors import DomainError, Invalid, NotFound
from server.http.endpoint import Call, Endpoint, Gate, Replayed, Rooms
from server.http.problems import defect, problem
from server.identity import Actor

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NUMBER = re.compile(r"[0-9]{1,6}")
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
NO_STORE = {"Cache-Control": "private, no-store"}

Identify = Callable[[Request], Awaitable[Actor | None]]


def routes(
    endpoints: Sequence[Endpoint], rooms: Rooms, gate: Gate, identify: Identify
) -> list[Route]:
    """Starlette routes of all endpoints."""
    return [
        Route(one.path, _shell(one, rooms, gate, identify), methods=[one.method])
        for one in endpoints
    ]


def _shell(
    endpoint: Endpoint, rooms: Rooms, gate: Gate, identify: Identify
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            call = Call(
                request,
                endpoint,
                rooms,
                gate,
                await identify(request),
                _ids(request),
                key=_key(request) if endpoint.unsafe else None,
            )
            if not endpoint.raw:
                raw = await _body(request, rooms.settings.body_bytes)
                call.body = _parsed(endpoint.body, raw)
            return _answered(call, await endpoint.handler(call))
        except Replayed as replayed:
            return _json(replayed.body) if replayed.body is not None else _nothing()
        except DomainError as error:
            return problem(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            return defect(request, error)

    return answer


def _ids(request: Request) -> dict[str, str]:
    ids: dict[str, str] = {}
    for name, value in request.path_params.items():
        pattern = ID if name.endswith("_id") else NUMBER
        if not pattern.fullmatch(str(value)):
            raise NotFound()
        ids[name] = str(value)
    return ids


def _key(request: Request) -> str | None:
    """The key of this command: the same key on another path is another command, never to be
    answered with what the first one got."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise Invalid("Idempotency-Key")
    return f"{key} {request.method} {request.scope['path']}"


async def _body(request: Request, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise DomainError("too_large", 413, bytes=most)
        parts.append(part)
    return b"".join(parts)


def _parsed(model: type[BaseModel] | None, raw: bytes) -> BaseModel | None:
    if model is None:
        if raw.strip() not in (b"", b"{}"):
            raise Invalid("body")
        return None
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise Invalid(field, rule=str(first["type"])) from None


def _answered(call: Call, result: BaseModel | list[Any] | Response | None) -> Response:
    if isinstance(result, Response):
        response = result
        if "cache-control" not in response.headers:
            response.headers.update(NO_STORE)
    elif result is None:
        response = _nothing()
    elif isinstance(result, BaseModel):
        response = _json(result.model_dump_json())
    else:
        response = _json("[" + ",".join(one.model_dump_json() for one in result) + "]")
    if call.changes:
        response.headers["Phonghop-Changes"] = json.dumps(call.changes)
    for set_cookie in call.cookies:
        set_cookie(response)
    return response


def _json(body: str) -> Response:
    return Response(body, media_type="application/json", headers=NO_STORE)


def _nothing() -> Response:
    return Response(status_code=204, headers=NO_STORE)
