"""Tables of what stands in the racks: nodes, their parts, and what they are cabled to."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from bessemer.db.metadata import Timestamp, metadata

EMPTY: Final = text("'{}'")


def moments() -> tuple[Column[datetime], Column[datetime]]:
    """When a row was made, and when it was last changed."""
    return (
        Column("created_at", Timestamp, nullable=False),
        Column("updated_at", Timestamp),
    )


def of_node(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    """The column that ties a row to its node; the row goes when the node goes."""
    return Column(
        "node_uuid",
        String(36),
        ForeignKey("baremetal_nodes.uuid", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
        index=index,
    )


nodes = Table(
    "baremetal_nodes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("name", String(255), unique=True),
    Column("description", String(4096)),
    Column("driver", String(255), nullable=False),
    Column("provision_state", String(15), nullable=False, index=True),
    Column("target_provision_state", String(15)),
    Column("provision_updated_at", Timestamp),
    Column("instance_uuid", String(36), unique=True),
    Column("resource_class", String(80), index=True),
    Column("conductor_group", String(255), nullable=False),
    Column("owner", String(255), index=True),
    Column("lessee", String(255), index=True),
    Column("power_state", String(15)),
    Column("target_power_state", String(15)),
    Column("maintenance", Boolean, nullable=False),
    Column("maintenance_reason", Text),
    Column("fault", String(255)),
    Column("last_error", Text),
    Column("automated_clean", Boolean),
    Column("protected", Boolean, nullable=False),
    Column("protected_reason", Text),
    Column("retired", Boolean, nullable=False),
    Column("retired_reason", Text),
    Column("driver_info", JSON, nullable=False),
    Column("driver_internal_info", JSON, nullable=False),
    Column("instance_info", JSON, nullable=False),
    Column("properties", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    Column("traits", JSON, nullable=False),
    Column("interfaces", JSON, nullable=False),
    Column("intent", String(36)),
    Column("chassis_uuid", String(36), index=True),
    Column("instance_name", String(255)),
    Column("allocation_uuid", String(36), index=True, unique=True),
    Column("parent_node", String(36), index=True),
    Column("shard", String(255), index=True),
    Column("network_data", JSON, nullable=False, server_default=EMPTY),
    Column("console_enabled", Boolean, nullable=False, server_default=false()),
    Column("raid_config", JSON, nullable=False, server_default=EMPTY),
    Column("target_raid_config", JSON, nullable=False, server_default=EMPTY),
    Column("boot_mode", String(16)),
    Column("secure_boot", Boolean),
    Column("disable_power_off", Boolean, nullable=False, server_default=false()),
    Column("health", String(255)),
    Column("inspection_started_at", Timestamp),
    Column("inspection_finished_at", Timestamp),
    *moments(),
)

ports = Table(
    "baremetal_ports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    of_node(index=True),
    Column("address", String(18), nullable=False, unique=True),
    Column("name", String(255), unique=True),
    Column("pxe_enabled", Boolean, nullable=False),
    Column("physical_network", String(64)),
    Column("portgroup_uuid", String(36)),
    Column("is_smartnic", Boolean, nullable=False),
    Column("description", String(255)),
    Column("vendor", String(255)),
    Column("category", String(255)),
    Column("available_for_dynamic_portgroup", Boolean, nullable=False, server_default=true()),
    Column("local_link_connection", JSON, nullable=False),
    Column("internal_info", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
)

portgroups = Table(
    "baremetal_portgroups",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    of_node(index=True),
    Column("name", String(255), unique=True),
    Column("address", String(18), unique=True),
    Column("mode", String(255), nullable=False),
    Column("standalone_ports_supported", Boolean, nullable=False),
    Column("physical_network", String(64)),
    Column("category", String(255)),
    Column("dynamic_portgroup", Boolean, nullable=False),
    Column("properties", JSON, nullable=False),
    Column("internal_info", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
)

chassis = Table(
    "baremetal_chassis",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("description", String(255)),
    Column("extra", JSON, nullable=False),
    *moments(),
)

volume_connectors = Table(
    "baremetal_volume_connectors",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    of_node(index=True),
    Column("type", String(32), nullable=False),
    Column("connector_id", String(255), nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
    UniqueConstraint("type", "connector_id"),
)

volume_targets = Table(
    "baremetal_volume_targets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    of_node(),
    Column("volume_type", String(64), nullable=False),
    Column("boot_index", Integer, nullable=False),
    Column("volume_id", String(255), nullable=False),
    Column("properties", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
    UniqueConstraint("node_uuid", "boot_index"),
)

bios_settings = Table(
    "baremetal_bios_settings",
    metadata,
    of_node(primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("value", Text),
    Column("attribute_type", String(255)),
    Column("allowable_values", JSON),
    Column("lower_bound", BigInteger),
    Column("upper_bound", BigInteger),
    Column("min_length", Integer),
    Column("max_length", Integer),
    Column("read_only", Boolean),
    Column("reset_required", Boolean),
    Column("unique", Boolean),
    *moments(),
)

firmware_components = Table(
    "baremetal_firmware_components",
    metadata,
    of_node(primary_key=True),
    Column("component", String(255), primary_key=True),
    Column("initial_version", String(255), nullable=False),
    Column("current_version", String(255)),
    Column("last_version_flashed", String(255)),
    Column("vendor", String(255)),
    Column("model", String(255)),
    Column("serial_number", String(255)),
    *moments(),
)
