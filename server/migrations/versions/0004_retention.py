"""What becomes of marks: the rule of a meeting and of a unit, and when answers of pushes were given

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Marks of meetings that exist are kept; answers given so far count from today."""

    op.add_column(
        "meeting", sa.Column("marks_rule", sa.String(), nullable=False, server_default="keep")
    )
    for name in ("marks_days", "marks_warn_at", "marks_purge_at", "marks_purged_at"):
        op.add_column("meeting", sa.Column(name, sa.Integer(), nullable=True))
    op.create_table(
        "unit_retention",
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id"),
    )
    op.add_column("push", sa.Column("at", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE push SET at = CAST(strftime('%s', 'now') AS INTEGER) * 1000")
    op.create_index(
        "ix_annotation_deleted",
        "annotation",
        ["modified"],
        sqlite_where=sa.text("deleted = 1"),
        postgresql_where=sa.text("deleted"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_annotation_deleted", table_name="annotation")
    op.drop_column("push", "at")
    op.drop_table("unit_retention")
    for name in ("marks_purged_at", "marks_purge_at", "marks_warn_at", "marks_days", "marks_rule"):
        op.drop_column("meeting", name)
