"""The compute room's tables."""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bessemer.db.metadata import Timestamp, metadata

flavors: Final = Table(
    "compute_flavors",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("vcpus", Integer, nullable=False),
    Column("ram", Integer, nullable=False),
    Column("disk", Integer, nullable=False),
    Column("ephemeral", Integer, nullable=False),
    Column("swap", Integer, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("description", Text),
    Column("extra_specs", JSON, nullable=False),
    UniqueConstraint("name"),
)

keypairs: Final = Table(
    "compute_keypairs",
    metadata,
    Column("user_id", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("public_key", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("type", String(16), nullable=False),
    Column("created_at", Timestamp, nullable=False),
)

servers: Final = Table(
    "compute_servers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("hostname", String(255), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("reservation_id", String(64), nullable=False),
    Column("flavor", JSON, nullable=False),
    Column("image_id", String(64), nullable=False),
    Column("image_name", String(255), nullable=False),
    Column("description", Text),
    Column("key", JSON),
    Column("config_drive", Boolean, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("availability_zone", String(255), nullable=False),
    Column("zone_requested", String(255)),
    Column("node_requested", String(255)),
    Column("launch_index", Integer, nullable=False),
    Column("networks", JSON, nullable=False),
    Column("vifs", JSON, nullable=False),
    Column("vm_state", String(16), nullable=False),
    Column("task_state", String(32)),
    Column("task_since", Timestamp),
    Column("power_state", Integer, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("fault", JSON),
    Column("node_uuid", String(36), index=True),
    Column("nodes_tried", JSON, nullable=False),
    Column("goal", String(16), index=True),
    Column("step", String(32)),
    Column("work_request_id", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("undeploy_asked", Boolean, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("launched_at", Timestamp),
    Column("terminated_at", Timestamp),
    Column("version", Integer, nullable=False),
    Column("worker", String(255)),
    Column("worker_until", Timestamp),
    Index("ix_compute_servers_project_created", "project_id", "created_at", "id"),
)

payloads: Final = Table(
    "compute_payloads",
    metadata,
    Column("server_id", String(36), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""Big values outside the server's row: `user_data`, `config_drive`, `timeline`."""

actions: Final = Table(
    "compute_actions",
    metadata,
    Column("server_id", String(36), primary_key=True),
    Column("request_id", String(64), primary_key=True),
    Column("action", String(32), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("message", Text),
)

events: Final = Table(
    "compute_events",
    metadata,
    Column("server_id", String(36), primary_key=True),
    Column("request_id", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("started_at", Timestamp, nullable=False),
    Column("finished_at", Timestamp),
    Column("result", String(16)),
    Column("detail", Text, nullable=False),
)
