"""Errors as HTTP problems (RFC 9457); the one place that turns one into the other."""

from __future__ import annotations

import json

import structlog
from starlette.requests import Request
from starlette.responses import Response

from server.errors import DomainError

log = structlog.get_logger(__name__)


def problem(error: DomainError) -> Response:
    """A problem document with the code and what its words need."""
    headers = {"Cache-Control": "no-store"}
    retry = error.params.get("retry_after")
    if retry is not None:
        headers["Retry-After"] = str(retry)
    body = {
        "type": "about:blank",
        "status": error.status,
        "code": error.code,
        "params": error.params,
    }
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )


def defect(request: Request, error: Exception) -> Response:
    """What was not foreseen: logged whole, answered without details."""
    log.error("request_failed", path=request.scope["path"], exc_info=error)
    return problem(DomainError("internal_error", 500))
