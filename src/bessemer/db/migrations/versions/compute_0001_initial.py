"""The compute room's first tables."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "compute_0001"
down_revision = None
branch_labels = ("compute",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "compute_flavors",
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("vcpus", sa.Integer, nullable=False),
        sa.Column("ram", sa.Integer, nullable=False),
        sa.Column("disk", sa.Integer, nullable=False),
        sa.Column("ephemeral", sa.Integer, nullable=False),
        sa.Column("swap", sa.Integer, nullable=False),
        sa.Column("is_public", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("extra_specs", sa.JSON, nullable=False),
    )
    op.create_table(
        "compute_keypairs",
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("created_at", Timestamp, nullable=False),
    )
    _create_servers()
    op.create_table(
        "compute_payloads",
        sa.Column("server_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "compute_actions",
        sa.Column("server_id", sa.String(36), primary_key=True),
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("action", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("started_at", Timestamp, nullable=False),
        sa.Column("updated_at", Timestamp, nullable=False),
        sa.Column("message", sa.Text),
    )
    op.create_table(
        "compute_events",
        sa.Column("server_id", sa.String(36), primary_key=True),
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("started_at", Timestamp, nullable=False),
        sa.Column("finished_at", Timestamp),
        sa.Column("result", sa.String(16)),
        sa.Column("detail", sa.Text, nullable=False),
    )


def _create_servers() -> None:
    op.create_table(
        "compute_servers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("hostname", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("reservation_id", sa.String(64), nullable=False),
        sa.Column("flavor", sa.JSON, nullable=False),
        sa.Column("image_id", sa.String(64), nullable=False),
        sa.Column("image_name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("key", sa.JSON),
        sa.Column("config_drive", sa.Boolean, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("availability_zone", sa.String(255), nullable=False),
        sa.Column("zone_requested", sa.String(255)),
        sa.Column("node_requested", sa.String(255)),
        sa.Column("launch_index", sa.Integer, nullable=False),
        sa.Column("networks", sa.JSON, nullable=False),
        sa.Column("vifs", sa.JSON, nullable=False),
        sa.Column("vm_state", sa.String(16), nullable=False),
        sa.Column("task_state", sa.String(32)),
        sa.Column("task_since", Timestamp),
        sa.Column("power_state", sa.Integer, nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("fault", sa.JSON),
        sa.Column("node_uuid", sa.String(36)),
        sa.Column("nodes_tried", sa.JSON, nullable=False),
        sa.Column("goal", sa.String(16)),
        sa.Column("step", sa.String(32)),
        sa.Column("work_request_id", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("undeploy_asked", sa.Boolean, nullable=False),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("updated_at", Timestamp, nullable=False),
        sa.Column("launched_at", Timestamp),
        sa.Column("terminated_at", Timestamp),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(255)),
        sa.Column("worker_until", Timestamp),
    )
    for column in ("node_uuid", "goal"):
        op.create_index(f"ix_compute_servers_{column}", "compute_servers", [column])
    op.create_index(
        "ix_compute_servers_project_created", "compute_servers", ["project_id", "created_at", "id"]
    )


def downgrade() -> None:
    """Take back."""
    for table in ("events", "actions", "payloads", "servers", "keypairs", "flavors"):
        op.drop_table(f"compute_{table}")
