"""The ledger's rows."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class LedgerRow(SQLModel, table=True):
    """One entry: `body` is canonical JSON, `hash` covers the row and the hash before it."""

    __tablename__ = "ledger"
    seq: int = Field(primary_key=True)
    at: str
    actor: str
    kind: str = Field(index=True)
    body: str
    previous: str
    hash: str
