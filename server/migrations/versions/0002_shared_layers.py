"""Shared and presenter's layers; who presents an item; whether a document may be shared on

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. What is there keeps its meaning: layers are private, documents may be shared on."""

    op.add_column(
        "document",
        sa.Column("sharing", sa.String(), nullable=False, server_default="everyone"),
    )
    op.add_column("agenda_item", sa.Column("presenter_id", sa.String(), nullable=True))
    op.add_column(
        "annotation", sa.Column("deleted_by", sa.String(), nullable=False, server_default="")
    )
    # Marks taken away so far lie on private layers: their authors took them.
    op.execute("UPDATE annotation SET deleted_by = author WHERE deleted")

    op.rename_table("layer", "layer_before")
    op.drop_index("ix_layer_owner", "layer_before")
    op.create_table(
        "layer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("min_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        "INSERT INTO layer SELECT id, document_id, kind, owner, '', 'me', 0, head_seq, min_seq "
        "FROM layer_before"
    )
    op.drop_table("layer_before")
    op.create_index("ix_layer_owner", "layer", ["owner"])
    op.create_index("ix_layer_document_id", "layer", ["document_id"])
    for kind, columns in (("private", ["document_id", "owner"]), ("presenter", ["document_id"])):
        where = sa.text(f"kind = '{kind}'")
        op.create_index(
            f"ix_layer_one_{kind}",
            "layer",
            columns,
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        "layer_person",
        sa.Column("layer_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("layer_id", "person_id"),
    )
    op.create_index("ix_layer_person_person_id", "layer_person", ["person_id"])


def downgrade() -> None:
    """Undo. Layers that are not private, with what is on them, are lost."""

    op.drop_table("layer_person")
    for kind in ("annotation", "op"):
        op.execute(
            f"DELETE FROM {kind} WHERE layer IN (SELECT id FROM layer WHERE kind != 'private')"  # noqa: S608 - constants only
        )
    op.execute("DELETE FROM layer WHERE kind != 'private'")
    op.rename_table("layer", "layer_after")
    for name in ("ix_layer_owner", "ix_layer_document_id"):
        op.drop_index(name, "layer_after")
    op.create_table(
        "layer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("min_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", "kind", "owner"),
    )
    op.execute(
        "INSERT INTO layer SELECT id, document_id, kind, owner, head_seq, min_seq FROM layer_after"
    )
    op.drop_table("layer_after")
    op.create_index("ix_layer_owner", "layer", ["owner"])
    op.drop_column("annotation", "deleted_by")
    op.drop_column("agenda_item", "presenter_id")
    op.drop_column("document", "sharing")
