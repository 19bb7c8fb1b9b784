"""Which layer an answer of a push belongs to; nobody looks for the history of one mark

Revision: 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Answers given so far go with the history that names them, or with age."""
    op.add_column("push", sa.Column("layer", sa.String(), nullable=False, server_default=""))
    op.drop_index("ix_op_annotation", table_name="op")


def downgrade() -> None:
    """Take it back."""
    op.create_index("ix_op_annotation", "op", ["annotation"])
    op.drop_column("push", "layer")
