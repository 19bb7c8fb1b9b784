"""Layers, marks, the op log, and the answers of pushes. Written by `store.py` alone."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class LayerRow(SQLModel, table=True):
    """A set of marks on one document with one audience (annotations.md, Data)."""

    __tablename__ = "layer"
    __table_args__ = (UniqueConstraint("document_id", "kind", "owner"),)
    id: str = Field(primary_key=True)
    document_id: str
    kind: str
    owner: str = Field(index=True)
    head_seq: int = 0
    min_seq: int = 0


class AnnotationRow(SQLModel, table=True):
    """One mark. JSON columns hold what `annotations.model` describes; `ink` is its raw bytes."""

    __tablename__ = "annotation"
    __table_args__ = (Index("ix_annotation_layer_seq", "layer", "seq"),)
    id: str = Field(primary_key=True)
    layer: str
    document: str
    version: str
    page: int
    kind: str
    rev: int
    seq: int
    deleted: bool
    author: str
    created: int
    modified: int
    geometry: str
    style: str
    body: str
    resolved: bool
    reply_to: str | None = None
    anchor: str | None = None
    ink: bytes | None = None
    foreign_props: str | None = None
    carried_from: str | None = None
    carry_state: str = ""
    group_revs: str


class OpRow(SQLModel, table=True):
    """What a push overwrote: the loser of a conflict can be brought back from `before` (JSON)."""

    __tablename__ = "op"
    __table_args__ = (Index("ix_op_annotation", "annotation"),)
    layer: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    outbox: str
    op_no: int
    annotation: str
    before: str | None = None
    overwrote: str
    actor: str
    at: int


class PushRow(SQLModel, table=True):
    """The first answer to `(outbox, op_no)`; a repeated push gets it again."""

    __tablename__ = "push"
    outbox: str = Field(primary_key=True)
    op_no: int = Field(primary_key=True)
    person: str
    fingerprint: int
    fields: str
