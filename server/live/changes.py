"""Writing changes to topics, and reading what a cursor has missed.

The number of a change is taken inside the transaction, one counter per topic, so that numbers
become visible in order and without gaps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel import Session

from server.database import WriteSession
from server.writer import Announcement

PRUNE_EVERY = 64
"""Old changes are dropped in strides, so that most announcements cost one insert."""


@dataclass
class Kept:
    """How many changes a topic keeps; `app.py` sets it from the settings."""

    count: int = 500


KEPT = Kept()


def announce(session: WriteSession, topic: str, *items: BaseModel, forget: bool = False) -> int:
    """Put `items` as one change on the topic; followers hear of it after the COMMIT.

    `forget`: something was taken from this audience, so that no change before this one is served
    again; who was away gets a snapshot.
    """
    seq = int(
        session.connection()
        .execute(
            text(
                "INSERT INTO topic(name, head_seq, min_seq) VALUES (:t, 1, 0) "
                "ON CONFLICT(name) DO UPDATE SET head_seq = head_seq + 1 RETURNING head_seq"
            ),
            {"t": topic},
        )
        .scalar_one()
    )
    frame = json.dumps(
        {
            "t": "change",
            "topic": topic,
            "seq": seq,
            "items": [item.model_dump(mode="json") for item in items],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    session.connection().execute(
        text("INSERT INTO change(topic, seq, frame) VALUES (:t, :s, :f)"),
        {"t": topic, "s": seq, "f": frame},
    )
    if forget:
        _forget(session, topic, seq - 1)
    elif seq % PRUNE_EVERY == 0 and seq > KEPT.count:
        _forget(session, topic, seq - KEPT.count)
    session.effects.announcements.append(Announcement(topic, seq, frame))
    return seq


def _forget(session: WriteSession, topic: str, until: int) -> None:
    given = {"t": topic, "s": until}
    connection = session.connection()
    connection.execute(text("DELETE FROM change WHERE topic = :t AND seq <= :s"), given)
    connection.execute(text("UPDATE topic SET min_seq = max(min_seq, :s) WHERE name = :t"), given)


def head(session: Session, topic: str) -> tuple[int, int]:
    """The newest number and the oldest cursor still served; (0, 0) for a topic without changes."""
    row = (
        session.connection()
        .execute(text("SELECT head_seq, min_seq FROM topic WHERE name = :t"), {"t": topic})
        .first()
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def missed(session: Session, topic: str, cursor: int) -> Sequence[tuple[int, str]] | None:
    """The frames after `cursor`, or None where a snapshot is needed instead."""
    newest, oldest = head(session, topic)
    if cursor > newest or cursor < oldest:
        return None
    rows = session.connection().execute(
        text("SELECT seq, frame FROM change WHERE topic = :t AND seq > :c ORDER BY seq"),
        {"t": topic, "c": cursor},
    )
    return [(int(seq), str(frame)) for seq, frame in rows]
