"""Topics and the changes they keep."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class TopicRow(SQLModel, table=True):
    """A topic with the number of its newest change."""

    __tablename__ = "topic"
    name: str = Field(primary_key=True)
    head_seq: int = 0
    min_seq: int = 0


class ChangeRow(SQLModel, table=True):
    """One change as its frame; kept until `changes_kept` newer ones exist."""

    __tablename__ = "change"
    topic: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    frame: str
