"""A paper that was out is withdrawn, not deleted: what people wrote on it stays theirs

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("document", sa.Column("withdrawn_at", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back. Withdrawn papers are in their meetings again."""
    op.drop_column("document", "withdrawn_at")
