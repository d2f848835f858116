"""An image that is being uploaded knows whose directory it comes to."""

import sqlalchemy as sa
from alembic import op

revision = "image_0002"
down_revision = "image_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("image_images", sa.Column("receiver", sa.String(36), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("image_images", "receiver")
