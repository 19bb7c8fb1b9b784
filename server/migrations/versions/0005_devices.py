"""When a device's lease was taken back

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("device", sa.Column("revoked_at", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back. A lease that was taken back has no key: the device gets a new one."""
    op.execute("DELETE FROM device WHERE revoked_at IS NOT NULL")
    op.drop_column("device", "revoked_at")
