"""Layers of the marks that a file brought along; what became of its annotations

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Versions that were read before keep their marks in the pages' images."""

    op.add_column("document_version", sa.Column("marks_sha", sa.String(), nullable=True))
    for name in ("marks_read", "marks_left", "marks_over"):
        op.add_column(
            "document_version",
            sa.Column(name, sa.Integer(), nullable=False, server_default="0"),
        )
    where = sa.text("kind = 'imported'")
    op.create_index(
        "ix_layer_one_imported",
        "layer",
        ["owner"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    """Undo. The layers of files' marks are lost; their files still have them."""

    op.execute("DELETE FROM annotation WHERE layer IN (SELECT id FROM layer WHERE kind='imported')")
    op.execute("DELETE FROM layer WHERE kind = 'imported'")
    op.drop_index("ix_layer_one_imported", "layer")
    for name in ("marks_over", "marks_left", "marks_read", "marks_sha"):
        op.drop_column("document_version", name)
