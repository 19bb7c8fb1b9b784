"""Answers of commands, remembered for a while."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class AnsweredRow(SQLModel, table=True):
    """A command that was answered: the same person and key get the same answer again."""

    __tablename__ = "answered"
    person_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    at_ms: int = Field(index=True)
    body: str | None = None
