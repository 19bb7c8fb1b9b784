"""A command sent twice is done once (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from server import clock
from server.database import WriteSession


@dataclass(frozen=True)
class Remembered:
    """What was answered; None for 204."""

    body: str | None


def recall(session: Session, person: str, key: str) -> Remembered | None:
    """The answer this person got for this key, if any."""
    row = (
        session.connection()
        .execute(
            text("SELECT body FROM answered WHERE person_id = :p AND key = :k"),
            {"p": person, "k": key},
        )
        .first()
    )
    return Remembered(row[0]) if row else None


def remember(session: WriteSession, person: str, key: str, body: str | None) -> None:
    """Keep the answer with the change itself."""
    session.connection().execute(
        text("INSERT INTO answered(person_id, key, at_ms, body) VALUES (:p, :k, :at, :b)"),
        {"p": person, "k": key, "at": clock.unix_ms(), "b": body},
    )


def forget_before(session: WriteSession, at_ms: int) -> None:
    """Drop answers older than the setting keeps."""
    session.connection().execute(text("DELETE FROM answered WHERE at_ms < :at"), {"at": at_ms})
