"""The image room's first tables."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "image_0001"
down_revision = None
branch_labels = ("image",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "image_images",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("updated_at", Timestamp, nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(255)),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("protected", sa.Boolean, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("disk_format", sa.String(20)),
        sa.Column("container_format", sa.String(20)),
        sa.Column("size", sa.BigInteger),
        sa.Column("virtual_size", sa.BigInteger),
        sa.Column("checksum", sa.String(32)),
        sa.Column("hash_value", sa.String(128)),
        sa.Column("min_disk", sa.Integer, nullable=False),
        sa.Column("min_ram", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text),
    )
    op.create_index("ix_image_images_name", "image_images", ["name"])
    op.create_index("ix_image_images_owner", "image_images", ["owner"])
    op.create_index("ix_image_images_created_at_id", "image_images", ["created_at", "id"])
    op.create_table(
        "image_properties",
        _image_id(),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "image_tags",
        _image_id(),
        sa.Column("value", sa.String(255), primary_key=True),
    )


def _image_id() -> sa.Column[str]:
    of_image = sa.ForeignKey("image_images.id", ondelete="CASCADE")
    return sa.Column("image_id", sa.String(36), of_image, primary_key=True)


def downgrade() -> None:
    """Take back."""
    for table in ("tags", "properties", "images"):
        op.drop_table(f"image_{table}")
