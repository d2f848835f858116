"""The identity room's first tables."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "identity_0001"
down_revision = None
branch_labels = ("identity",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "identity_users",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("email", sa.String(255)),
        sa.Column("default_project_id", sa.String(64)),
    )
    op.create_table(
        "identity_projects",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "identity_roles",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("description", sa.Text, nullable=False),
    )
    op.create_table(
        "identity_assignments",
        sa.Column("user_id", sa.String(64), sa.ForeignKey("identity_users.id"), primary_key=True),
        sa.Column("role_id", sa.String(64), sa.ForeignKey("identity_roles.id"), primary_key=True),
        sa.Column("target", sa.String(64), primary_key=True),
    )
    op.create_table(
        "identity_tokens",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(64), sa.ForeignKey("identity_users.id"), nullable=False),
        sa.Column("target", sa.String(64)),
        sa.Column("methods", sa.String(64), nullable=False),
        sa.Column("audit_id", sa.String(32), nullable=False),
        sa.Column("issued_at", Timestamp, nullable=False),
        sa.Column("expires_at", Timestamp, nullable=False),
    )
    op.create_index("ix_identity_tokens_user_id", "identity_tokens", ["user_id"])
    op.create_index("ix_identity_tokens_expires_at", "identity_tokens", ["expires_at"])


def downgrade() -> None:
    """Take back."""
    for table in ("tokens", "assignments", "roles", "projects", "users"):
        op.drop_table(f"identity_{table}")
