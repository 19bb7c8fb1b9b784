"""How often a job was laid aside because its workers had died with it

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("job", sa.Column("killed", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Take it back. What waits for a day waits on, and is counted from the beginning."""
    op.drop_column("job", "killed")
