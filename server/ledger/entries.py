"""Append-only, hash-chained record of what was done, written with the change itself.

Canonical JSON after RFC 8785 (sorted keys, no white space; the bodies hold no floats). No vote
content and nothing of private marks is ever entered (security.md, Audit).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from server import clock
from server.database import WriteSession

FIRST = "0" * 64


def canonical(body: Mapping[str, Any]) -> str:
    """The one text form of a body."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def chained(previous: str, seq: int, at: str, actor: str, kind: str, body: str) -> str:
    """SHA-256 over the row and the hash before it, in hex."""
    row = json.dumps([previous, seq, at, actor, kind, body], ensure_ascii=False)
    return hashlib.sha256(row.encode()).hexdigest()


def enter(session: WriteSession, kind: str, body: Mapping[str, Any]) -> None:
    """Append one entry in the action's own transaction."""
    connection = session.connection()
    last = connection.execute(
        text("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")
    ).first()
    seq, previous = (int(last[0]) + 1, str(last[1])) if last else (1, FIRST)
    at = clock.now().isoformat(timespec="milliseconds")
    words = canonical(body)
    actor = session.actor.person_id
    connection.execute(
        text("INSERT INTO ledger VALUES (:seq, :at, :actor, :kind, :body, :previous, :hash)"),
        {
            "seq": seq,
            "at": at,
            "actor": actor,
            "kind": kind,
            "body": words,
            "previous": previous,
            "hash": chained(previous, seq, at, actor, kind, words),
        },
    )


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold."""

    seq: int
    why: str


def root(session: Session) -> str:
    """The chain's end as `seq:hash`, to be kept outside the server (printed, exported). A tail cut
    off and a chain computed anew hold in themselves; only such a root shows them."""
    last = (
        session.connection()
        .execute(text("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1"))
        .first()
    )
    return f"{last[0]}:{last[1]}" if last else f"0:{FIRST}"


def check(session: Session, known: str | None = None) -> tuple[int, list[Break]]:
    """Walk the whole chain: how many rows, and where it was edited, cut or reordered. `known` is
    a root kept from before."""
    breaks: list[Break] = []
    count, previous = 0, FIRST
    at_seq, _, expected = (known or f"0:{FIRST}").partition(":")
    missing = int(at_seq) > 0
    for seq, at, actor, kind, body, before, found in _rows(session):
        count += 1
        if seq != count:
            breaks.append(Break(seq, "gap"))
            count = seq
        if before != previous:
            breaks.append(Break(seq, "chain"))
        if chained(before, seq, at, actor, kind, body) != found:
            breaks.append(Break(seq, "row"))
        if seq == int(at_seq) and found == expected:
            missing = False
        previous = found
    if missing:
        breaks.append(Break(int(at_seq), "root"))
    return count, breaks


def _rows(session: Session) -> Iterator[tuple[int, str, str, str, str, str, str]]:
    result = session.connection().execute(
        text("SELECT seq, at, actor, kind, body, previous, hash FROM ledger ORDER BY seq")
    )
    for row in result:
        yield tuple(row)
