"""The bare metal room's first tables."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "baremetal_0001"
down_revision = None
branch_labels = ("baremetal",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "baremetal_conductors",
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("conductor_group", sa.String(length=255), nullable=False),
        sa.Column("drivers", sa.JSON(), nullable=False),
        sa.Column("incarnation", sa.String(length=36), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hostname", name=op.f("pk_baremetal_conductors")),
    )
    op.create_table(
        "baremetal_nodes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("description", sa.String(length=4096), nullable=True),
        sa.Column("driver", sa.String(length=255), nullable=False),
        sa.Column("provision_state", sa.String(length=15), nullable=False),
        sa.Column("target_provision_state", sa.String(length=15), nullable=True),
        sa.Column("provision_updated_at", Timestamp(timezone=True), nullable=True),
        sa.Column("instance_uuid", sa.String(length=36), nullable=True),
        sa.Column("resource_class", sa.String(length=80), nullable=True),
        sa.Column("conductor_group", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("lessee", sa.String(length=255), nullable=True),
        sa.Column("power_state", sa.String(length=15), nullable=True),
        sa.Column("target_power_state", sa.String(length=15), nullable=True),
        sa.Column("maintenance", sa.Boolean(), nullable=False),
        sa.Column("maintenance_reason", sa.Text(), nullable=True),
        sa.Column("fault", sa.String(length=255), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("automated_clean", sa.Boolean(), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("protected_reason", sa.Text(), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("retired_reason", sa.Text(), nullable=True),
        sa.Column("driver_info", sa.JSON(), nullable=False),
        sa.Column("driver_internal_info", sa.JSON(), nullable=False),
        sa.Column("instance_info", sa.JSON(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("traits", sa.JSON(), nullable=False),
        sa.Column("interfaces", sa.JSON(), nullable=False),
        sa.Column("intent", sa.String(length=36), nullable=True),
        sa.Column("inspection_started_at", Timestamp(timezone=True), nullable=True),
        sa.Column("inspection_finished_at", Timestamp(timezone=True), nullable=True),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_nodes")),
        sa.UniqueConstraint("instance_uuid", name=op.f("uq_baremetal_nodes_instance_uuid")),
        sa.UniqueConstraint("name", name=op.f("uq_baremetal_nodes_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_nodes_uuid")),
    )
    op.create_index(op.f("ix_baremetal_nodes_lessee"), "baremetal_nodes", ["lessee"], unique=False)
    op.create_index(op.f("ix_baremetal_nodes_owner"), "baremetal_nodes", ["owner"], unique=False)
    op.create_index(
        op.f("ix_baremetal_nodes_provision_state"),
        "baremetal_nodes",
        ["provision_state"],
        unique=False,
    )
    op.create_index(
        op.f("ix_baremetal_nodes_resource_class"),
        "baremetal_nodes",
        ["resource_class"],
        unique=False,
    )
    op.create_table(
        "baremetal_blobs",
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_blobs_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("node_uuid", "kind", name=op.f("pk_baremetal_blobs")),
    )
    op.create_table(
        "baremetal_history",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("conductor", sa.String(length=255), nullable=True),
        sa.Column("event_type", sa.String(length=255), nullable=True),
        sa.Column("severity", sa.String(length=255), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=15), nullable=True),
        sa.Column("target_provision_state", sa.String(length=15), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_history_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_history")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_history_uuid")),
    )
    op.create_index(
        "ix_baremetal_history_node", "baremetal_history", ["node_uuid", "id"], unique=False
    )
    op.create_table(
        "baremetal_journal",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("intent", sa.String(length=36), nullable=False),
        sa.Column("flow", sa.String(length=15), nullable=False),
        sa.Column("interface", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=255), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("conductor", sa.String(length=255), nullable=False),
        sa.Column("started_at", Timestamp(timezone=True), nullable=False),
        sa.Column("finished_at", Timestamp(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=15), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_journal_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_journal")),
    )
    op.create_index(
        "ix_baremetal_journal_node", "baremetal_journal", ["node_uuid", "id"], unique=False
    )
    op.create_table(
        "baremetal_leases",
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("purpose", sa.String(length=255), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("since", Timestamp(timezone=True), nullable=True),
        sa.Column("until", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_leases_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("node_uuid", name=op.f("pk_baremetal_leases")),
    )
    op.create_table(
        "baremetal_ports",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("address", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("pxe_enabled", sa.Boolean(), nullable=False),
        sa.Column("physical_network", sa.String(length=64), nullable=True),
        sa.Column("portgroup_uuid", sa.String(length=36), nullable=True),
        sa.Column("is_smartnic", sa.Boolean(), nullable=False),
        sa.Column("local_link_connection", sa.JSON(), nullable=False),
        sa.Column("internal_info", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_ports_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_ports")),
        sa.UniqueConstraint("address", name=op.f("uq_baremetal_ports_address")),
        sa.UniqueConstraint("name", name=op.f("uq_baremetal_ports_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_ports_uuid")),
    )
    op.create_index(
        op.f("ix_baremetal_ports_node_uuid"), "baremetal_ports", ["node_uuid"], unique=False
    )
    op.create_table(
        "baremetal_work",
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("flow", sa.String(length=15), nullable=False),
        sa.Column("intent", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("clean_up", sa.JSON(), nullable=False),
        sa.Column("finish", sa.String(length=15), nullable=False),
        sa.Column("step_index", sa.Integer(), nullable=False),
        sa.Column("memo", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=True),
        sa.Column("due_at", Timestamp(timezone=True), nullable=True),
        sa.Column("signalled", sa.Boolean(), nullable=False),
        sa.Column("abort", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("progress_done", sa.BigInteger(), nullable=False),
        sa.Column("progress_total", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_work_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("node_uuid", name=op.f("pk_baremetal_work")),
    )
    op.create_index(op.f("ix_baremetal_work_due_at"), "baremetal_work", ["due_at"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_baremetal_work_due_at"), table_name="baremetal_work")
    op.drop_table("baremetal_work")
    op.drop_index(op.f("ix_baremetal_ports_node_uuid"), table_name="baremetal_ports")
    op.drop_table("baremetal_ports")
    op.drop_table("baremetal_leases")
    op.drop_index("ix_baremetal_journal_node", table_name="baremetal_journal")
    op.drop_table("baremetal_journal")
    op.drop_index("ix_baremetal_history_node", table_name="baremetal_history")
    op.drop_table("baremetal_history")
    op.drop_table("baremetal_blobs")
    op.drop_index(op.f("ix_baremetal_nodes_resource_class"), table_name="baremetal_nodes")
    op.drop_index(op.f("ix_baremetal_nodes_provision_state"), table_name="baremetal_nodes")
    op.drop_index(op.f("ix_baremetal_nodes_owner"), table_name="baremetal_nodes")
    op.drop_index(op.f("ix_baremetal_nodes_lessee"), table_name="baremetal_nodes")
    op.drop_table("baremetal_nodes")
    op.drop_table("baremetal_conductors")
