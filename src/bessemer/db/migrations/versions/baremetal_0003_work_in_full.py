"""Work knows who wanted it, whether its turn has come, and how it went wrong."""

import sqlalchemy as sa
from alembic import op

revision = "baremetal_0003"
down_revision = "baremetal_0002"
branch_labels = None
depends_on = None


TABLE = "baremetal_work"


def upgrade() -> None:
    """Apply."""
    op.add_column(TABLE, sa.Column("user", sa.String(length=255), nullable=True))
    op.add_column(TABLE, sa.Column("project", sa.String(length=255), nullable=True))
    for flag in ("admitted", "aborted", "in_step"):
        no = sa.false()
        op.add_column(TABLE, sa.Column(flag, sa.Boolean(), nullable=False, server_default=no))
    op.add_column(TABLE, sa.Column("clean_up_failure", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    for name in ("clean_up_failure", "in_step", "aborted", "admitted", "project", "user"):
        op.drop_column(TABLE, name)
