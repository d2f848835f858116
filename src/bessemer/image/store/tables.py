"""The tables of the image room."""

import sqlalchemy as sa

from bessemer.db.metadata import Timestamp, metadata

images = sa.Table(
    "image_images",
    metadata,
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
    sa.Column("receiver", sa.String(36)),  # whose directory the upload in hand comes to
    sa.Index("ix_image_images_name", "name"),
    sa.Index("ix_image_images_owner", "owner"),
    sa.Index("ix_image_images_created_at_id", "created_at", "id"),
)
properties = sa.Table(
    "image_properties",
    metadata,
    sa.Column(
        "image_id",
        sa.String(36),
        sa.ForeignKey("image_images.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
tags = sa.Table(
    "image_tags",
    metadata,
    sa.Column(
        "image_id",
        sa.String(36),
        sa.ForeignKey("image_images.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("value", sa.String(255), primary_key=True),
)
