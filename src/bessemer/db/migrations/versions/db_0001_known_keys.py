"""Fingerprints of the keys that all processes share."""

import sqlalchemy as sa
from alembic import op

revision = "db_0001"
down_revision = None
branch_labels = ("db",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "known_keys",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_known_keys")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("known_keys")
