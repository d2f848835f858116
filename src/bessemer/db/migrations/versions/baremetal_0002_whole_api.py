"""The rest of the bare metal API's nouns, and what nodes, ports and history need for them."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "baremetal_0002"
down_revision = "baremetal_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "baremetal_allocations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("node_uuid", sa.String(length=36), nullable=True),
        sa.Column("resource_class", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=15), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("traits", sa.JSON(), nullable=False),
        sa.Column("candidate_nodes", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_allocations")),
        sa.UniqueConstraint("name", name=op.f("uq_baremetal_allocations_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_allocations_uuid")),
    )
    op.create_index(
        op.f("ix_baremetal_allocations_node_uuid"),
        "baremetal_allocations",
        ["node_uuid"],
        unique=False,
    )
    op.create_index(
        op.f("ix_baremetal_allocations_owner"), "baremetal_allocations", ["owner"], unique=False
    )
    op.create_index(
        op.f("ix_baremetal_allocations_state"), "baremetal_allocations", ["state"], unique=False
    )
    op.create_table(
        "baremetal_chassis",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_chassis")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_chassis_uuid")),
    )
    op.create_table(
        "baremetal_conductor_interfaces",
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("hardware_type", sa.String(length=255), nullable=False),
        sa.Column("interface_type", sa.String(length=16), nullable=False),
        sa.Column("interface_name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "hostname",
            "hardware_type",
            "interface_type",
            "interface_name",
            name=op.f("pk_baremetal_conductor_interfaces"),
        ),
    )
    op.create_table(
        "baremetal_deploy_templates",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_deploy_templates")),
        sa.UniqueConstraint("name", name=op.f("uq_baremetal_deploy_templates_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_deploy_templates_uuid")),
    )
    op.create_table(
        "baremetal_inspection_rules",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=255), nullable=True),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_inspection_rules")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_inspection_rules_uuid")),
    )
    op.create_table(
        "baremetal_runbooks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("disable_ramdisk", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("traits", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_runbooks")),
        sa.UniqueConstraint("name", name=op.f("uq_baremetal_runbooks_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_runbooks_uuid")),
    )
    op.create_index(
        op.f("ix_baremetal_runbooks_owner"), "baremetal_runbooks", ["owner"], unique=False
    )
    op.create_table(
        "baremetal_bios_settings",
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("attribute_type", sa.String(length=255), nullable=True),
        sa.Column("allowable_values", sa.JSON(), nullable=True),
        sa.Column("lower_bound", sa.BigInteger(), nullable=True),
        sa.Column("upper_bound", sa.BigInteger(), nullable=True),
        sa.Column("min_length", sa.Integer(), nullable=True),
        sa.Column("max_length", sa.Integer(), nullable=True),
        sa.Column("read_only", sa.Boolean(), nullable=True),
        sa.Column("reset_required", sa.Boolean(), nullable=True),
        sa.Column("unique", sa.Boolean(), nullable=True),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_bios_settings_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("node_uuid", "name", name=op.f("pk_baremetal_bios_settings")),
    )
    op.create_table(
        "baremetal_firmware_components",
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("component", sa.String(length=255), nullable=False),
        sa.Column("initial_version", sa.String(length=255), nullable=False),
        sa.Column("current_version", sa.String(length=255), nullable=True),
        sa.Column("last_version_flashed", sa.String(length=255), nullable=True),
        sa.Column("vendor", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_firmware_components_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "node_uuid", "component", name=op.f("pk_baremetal_firmware_components")
        ),
    )
    op.create_table(
        "baremetal_portgroups",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("address", sa.String(length=18), nullable=True),
        sa.Column("mode", sa.String(length=255), nullable=False),
        sa.Column("standalone_ports_supported", sa.Boolean(), nullable=False),
        sa.Column("physical_network", sa.String(length=64), nullable=True),
        sa.Column("category", sa.String(length=255), nullable=True),
        sa.Column("dynamic_portgroup", sa.Boolean(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("internal_info", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_portgroups_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_portgroups")),
        sa.UniqueConstraint("address", name=op.f("uq_baremetal_portgroups_address")),
        sa.UniqueConstraint("name", name=op.f("uq_baremetal_portgroups_name")),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_portgroups_uuid")),
    )
    op.create_index(
        op.f("ix_baremetal_portgroups_node_uuid"),
        "baremetal_portgroups",
        ["node_uuid"],
        unique=False,
    )
    op.create_table(
        "baremetal_volume_connectors",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("connector_id", sa.String(length=255), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_volume_connectors_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_volume_connectors")),
        sa.UniqueConstraint(
            "type", "connector_id", name=op.f("uq_baremetal_volume_connectors_type")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_volume_connectors_uuid")),
    )
    op.create_index(
        op.f("ix_baremetal_volume_connectors_node_uuid"),
        "baremetal_volume_connectors",
        ["node_uuid"],
        unique=False,
    )
    op.create_table(
        "baremetal_volume_targets",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("node_uuid", sa.String(length=36), nullable=False),
        sa.Column("volume_type", sa.String(length=64), nullable=False),
        sa.Column("boot_index", sa.Integer(), nullable=False),
        sa.Column("volume_id", sa.String(length=255), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("created_at", Timestamp(timezone=True), nullable=False),
        sa.Column("updated_at", Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["node_uuid"],
            ["baremetal_nodes.uuid"],
            name=op.f("fk_baremetal_volume_targets_node_uuid"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baremetal_volume_targets")),
        sa.UniqueConstraint(
            "node_uuid", "boot_index", name=op.f("uq_baremetal_volume_targets_node_uuid")
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_baremetal_volume_targets_uuid")),
    )
    op.add_column("baremetal_history", sa.Column("user", sa.String(length=255), nullable=True))
    op.add_column("baremetal_history", sa.Column("project", sa.String(length=255), nullable=True))
    op.add_column("baremetal_history", sa.Column("duration_seconds", sa.Float(), nullable=True))
    op.add_column("baremetal_nodes", sa.Column("chassis_uuid", sa.String(length=36), nullable=True))
    op.add_column(
        "baremetal_nodes", sa.Column("instance_name", sa.String(length=255), nullable=True)
    )
    op.add_column(
        "baremetal_nodes", sa.Column("allocation_uuid", sa.String(length=36), nullable=True)
    )
    op.add_column("baremetal_nodes", sa.Column("parent_node", sa.String(length=36), nullable=True))
    op.add_column("baremetal_nodes", sa.Column("shard", sa.String(length=255), nullable=True))
    op.add_column(
        "baremetal_nodes",
        sa.Column("network_data", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "baremetal_nodes",
        sa.Column("console_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "baremetal_nodes",
        sa.Column("raid_config", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "baremetal_nodes",
        sa.Column("target_raid_config", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("baremetal_nodes", sa.Column("boot_mode", sa.String(length=16), nullable=True))
    op.add_column("baremetal_nodes", sa.Column("secure_boot", sa.Boolean(), nullable=True))
    op.add_column(
        "baremetal_nodes",
        sa.Column("disable_power_off", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("baremetal_nodes", sa.Column("health", sa.String(length=255), nullable=True))
    op.create_index(
        op.f("ix_baremetal_nodes_allocation_uuid"),
        "baremetal_nodes",
        ["allocation_uuid"],
        unique=True,
    )
    op.create_index(
        op.f("ix_baremetal_nodes_chassis_uuid"), "baremetal_nodes", ["chassis_uuid"], unique=False
    )
    op.create_index(
        op.f("ix_baremetal_nodes_parent_node"), "baremetal_nodes", ["parent_node"], unique=False
    )
    op.create_index(op.f("ix_baremetal_nodes_shard"), "baremetal_nodes", ["shard"], unique=False)
    op.add_column("baremetal_ports", sa.Column("description", sa.String(length=255), nullable=True))
    op.add_column("baremetal_ports", sa.Column("vendor", sa.String(length=255), nullable=True))
    op.add_column("baremetal_ports", sa.Column("category", sa.String(length=255), nullable=True))
    op.add_column(
        "baremetal_ports",
        sa.Column(
            "available_for_dynamic_portgroup",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
        ),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("baremetal_ports", "available_for_dynamic_portgroup")
    op.drop_column("baremetal_ports", "category")
    op.drop_column("baremetal_ports", "vendor")
    op.drop_column("baremetal_ports", "description")
    op.drop_index(op.f("ix_baremetal_nodes_shard"), table_name="baremetal_nodes")
    op.drop_index(op.f("ix_baremetal_nodes_parent_node"), table_name="baremetal_nodes")
    op.drop_index(op.f("ix_baremetal_nodes_chassis_uuid"), table_name="baremetal_nodes")
    op.drop_index(op.f("ix_baremetal_nodes_allocation_uuid"), table_name="baremetal_nodes")
    op.drop_column("baremetal_nodes", "health")
    op.drop_column("baremetal_nodes", "disable_power_off")
    op.drop_column("baremetal_nodes", "secure_boot")
    op.drop_column("baremetal_nodes", "boot_mode")
    op.drop_column("baremetal_nodes", "target_raid_config")
    op.drop_column("baremetal_nodes", "raid_config")
    op.drop_column("baremetal_nodes", "console_enabled")
    op.drop_column("baremetal_nodes", "network_data")
    op.drop_column("baremetal_nodes", "shard")
    op.drop_column("baremetal_nodes", "parent_node")
    op.drop_column("baremetal_nodes", "allocation_uuid")
    op.drop_column("baremetal_nodes", "instance_name")
    op.drop_column("baremetal_nodes", "chassis_uuid")
    op.drop_column("baremetal_history", "duration_seconds")
    op.drop_column("baremetal_history", "project")
    op.drop_column("baremetal_history", "user")
    op.drop_table("baremetal_volume_targets")
    op.drop_index(
        op.f("ix_baremetal_volume_connectors_node_uuid"), table_name="baremetal_volume_connectors"
    )
    op.drop_table("baremetal_volume_connectors")
    op.drop_index(op.f("ix_baremetal_portgroups_node_uuid"), table_name="baremetal_portgroups")
    op.drop_table("baremetal_portgroups")
    op.drop_table("baremetal_firmware_components")
    op.drop_table("baremetal_bios_settings")
    op.drop_index(op.f("ix_baremetal_runbooks_owner"), table_name="baremetal_runbooks")
    op.drop_table("baremetal_runbooks")
    op.drop_table("baremetal_inspection_rules")
    op.drop_table("baremetal_deploy_templates")
    op.drop_table("baremetal_conductor_interfaces")
    op.drop_table("baremetal_chassis")
    op.drop_index(op.f("ix_baremetal_allocations_state"), table_name="baremetal_allocations")
    op.drop_index(op.f("ix_baremetal_allocations_owner"), table_name="baremetal_allocations")
    op.drop_index(op.f("ix_baremetal_allocations_node_uuid"), table_name="baremetal_allocations")
    op.drop_table("baremetal_allocations")
