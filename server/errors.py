"""Errors that a person can be told about.

A `DomainError` carries a code; the client turns the code into words (vi, en). One place turns it
into an HTTP problem (`server/http/problems.py`, RFC 9457), one into a live message
(`server/live/gateway.py`). Everything else that is raised is a defect and becomes `internal_error`.

    DomainError
    ├── NotSignedIn        401  not_signed_in
    ├── NotAllowed         403  not_allowed
    ├── NotFound           404  not_found (also for what the asker may not know of)
    ├── Invalid            422  invalid_input, with the field
    └── Busy               503  busy, with retry_after (seconds)
"""

from __future__ import annotations


class DomainError(Exception):
    """A refusal: a `code` for the words of the client, an HTTP `status`, `params` for the words."""

    def __init__(self, code: str, status: int = 409, **params: str | int | float | bool | None):
        super().__init__(code)
        self.code = code
        self.status = status
        self.params = params


class NotSignedIn(DomainError):
    """There is no living session behind this request."""

    def __init__(self, code: str = "not_signed_in") -> None:
        super().__init__(code, 401)


class NotAllowed(DomainError):
    """The actor is known, and may not."""

    def __init__(self, code: str = "not_allowed", **params: str) -> None:
        super().__init__(code, 403, **params)


class NotFound(DomainError):
    """Nothing there, or nothing that this actor may know of."""

    def __init__(self, code: str = "not_found", **params: str) -> None:
        super().__init__(code, 404, **params)


class Invalid(DomainError):
    """The input is not of the agreed form; `field` names where."""

    def __init__(self, field: str, code: str = "invalid_input", **params: str | int) -> None:
        super().__init__(code, 422, field=field, **params)


class Busy(DomainError):
    """A bound is reached for now; nothing was changed. `retry_after` in seconds."""

    def __init__(self, code: str = "busy", retry_after: int = 2) -> None:
        super().__init__(code, 503, retry_after=retry_after)
        self.retry_after = retry_after
