"""Which process holds the roles that only one may have."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "db_0002"
down_revision = "db_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sole_holders",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("holder", sa.String(1024), nullable=True),
        sa.Column("incarnation", sa.String(36), nullable=True),
        sa.Column("since", Timestamp(timezone=True), nullable=True),
        sa.Column("until", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sole_holders")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("sole_holders")
