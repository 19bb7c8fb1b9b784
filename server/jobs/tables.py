"""Durable work."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class JobRow(SQLModel, table=True):
    """One piece of work. `state`: waiting · running · done · failed. Times in Unix ms.

    `killed`: how often it was laid aside because its workers had died with it."""

    __tablename__ = "job"
    id: str = Field(primary_key=True)
    kind: str
    payload: str
    state: str = Field(default="waiting", index=True)
    run_at: int
    lease_until: int = 0
    attempts: int = 0
    killed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = None
    unique_key: str | None = Field(default=None, unique=True)
