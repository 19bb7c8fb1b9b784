"""Layers, who they are shared with, marks, the op log, and the answers of pushes.

Marks, op log and answers are written by `store.py` alone."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class LayerRow(SQLModel, table=True):
    """A set of marks on one document with one audience (annotations.md, Data).

    `audience` is whom a shared layer is for: me, people, everyone (rules.py). The presenter's
    layer has the one who opened it as `owner`; no right follows from that. An imported layer has
    the version whose file brought its marks along as `owner`. `title` of a private layer is empty.
    """

    __tablename__ = "layer"
    __table_args__ = (
        Index("ix_layer_document_id", "document_id"),
        Index(
            "ix_layer_one_private",
            "document_id",
            "owner",
            unique=True,
            sqlite_where=text("kind = 'private'"),
            postgresql_where=text("kind = 'private'"),
        ),
        Index(
            "ix_layer_one_presenter",
            "document_id",
            unique=True,
            sqlite_where=text("kind = 'presenter'"),
            postgresql_where=text("kind = 'presenter'"),
        ),
        Index(
            "ix_layer_one_imported",
            "owner",
            unique=True,
            sqlite_where=text("kind = 'imported'"),
            postgresql_where=text("kind = 'imported'"),
        ),
    )
    id: str = Field(primary_key=True)
    document_id: str
    kind: str
    owner: str = Field(index=True)
    title: str = ""
    audience: str = "me"
    made_at: int = 0
    head_seq: int = 0
    min_seq: int = 0


class LayerPersonRow(SQLModel, table=True):
    """A person whom a shared layer is shared with by name, besides its owner."""

    __tablename__ = "layer_person"
    layer_id: str = Field(primary_key=True)
    person_id: str = Field(primary_key=True, index=True)


class AnnotationRow(SQLModel, table=True):
    """One mark. JSON columns hold what `annotations.model` describes; `ink` is its raw bytes."""

    __tablename__ = "annotation"
    __table_args__ = (
        Index("ix_annotation_layer_seq", "layer", "seq"),
        Index(
            "ix_annotation_deleted",
            "modified",
            sqlite_where=text("deleted = 1"),
            postgresql_where=text("deleted"),
        ),
    )
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
    deleted_by: str = ""


class OpRow(SQLModel, table=True):
    """What a push overwrote: the loser of a conflict can be brought back from `before` (JSON).

    A new mark overwrites nothing; on a private layer it has no entry, its row says all of it. On
    layers of several people it has one, so that who made it is known after it was taken away."""

    __tablename__ = "op"
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
    """The first answer to `(outbox, op_no)`; a repeated push gets it again. `layer` is empty in
    answers older than revision 0006."""

    __tablename__ = "push"
    outbox: str = Field(primary_key=True)
    op_no: int = Field(primary_key=True)
    person: str
    fingerprint: int
    fields: str
    at: int = 0
    layer: str = ""
