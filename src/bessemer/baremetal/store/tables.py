"""The tables of the bare metal room. Big values live outside the node's row."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from bessemer.db.metadata import Timestamp, metadata

_NODE = "baremetal_nodes.uuid"


def _of_node(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    return Column(
        "node_uuid",
        String(36),
        ForeignKey(_NODE, ondelete="CASCADE"),
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
    Column("inspection_started_at", Timestamp),
    Column("inspection_finished_at", Timestamp),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp),
)

ports = Table(
    "baremetal_ports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    _of_node(index=True),
    Column("address", String(18), nullable=False, unique=True),
    Column("name", String(255), unique=True),
    Column("pxe_enabled", Boolean, nullable=False),
    Column("physical_network", String(64)),
    Column("portgroup_uuid", String(36)),
    Column("is_smartnic", Boolean, nullable=False),
    Column("local_link_connection", JSON, nullable=False),
    Column("internal_info", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp),
)

work = Table(
    "baremetal_work",
    metadata,
    _of_node(primary_key=True),
    Column("flow", String(15), nullable=False),
    Column("intent", String(36), nullable=False),
    Column("request_id", String(40), nullable=False),
    Column("steps", JSON, nullable=False),
    Column("clean_up", JSON, nullable=False),
    Column("finish", String(15), nullable=False),
    Column("step_index", Integer, nullable=False),
    Column("memo", JSON, nullable=False),
    Column("waiting", JSON),
    Column("due_at", Timestamp, index=True),
    Column("signalled", Boolean, nullable=False),
    Column("abort", Text),
    Column("failure", Text),
    Column("progress_done", BigInteger, nullable=False),
    Column("progress_total", BigInteger, nullable=False),
)

leases = Table(
    "baremetal_leases",
    metadata,
    _of_node(primary_key=True),
    Column("owner", String(255)),
    Column("purpose", String(255)),
    Column("epoch", BigInteger, nullable=False),
    Column("since", Timestamp),
    Column("until", Timestamp),
)

journal = Table(
    "baremetal_journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_node(),
    Column("intent", String(36), nullable=False),
    Column("flow", String(15), nullable=False),
    Column("interface", String(16), nullable=False),
    Column("step", String(255), nullable=False),
    Column("request_id", String(40), nullable=False),
    Column("conductor", String(255), nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("finished_at", Timestamp),
    Column("outcome", String(15)),
    Column("detail", Text, nullable=False),
    Index("ix_baremetal_journal_node", "node_uuid", "id"),
)

blobs = Table(
    "baremetal_blobs",
    metadata,
    _of_node(primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("content", Text, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)

history = Table(
    "baremetal_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    _of_node(),
    Column("created_at", Timestamp, nullable=False),
    Column("conductor", String(255)),
    Column("event_type", String(255)),
    Column("severity", String(255)),
    Column("event", Text, nullable=False),
    Column("state", String(15)),
    Column("target_provision_state", String(15)),
    Index("ix_baremetal_history_node", "node_uuid", "id"),
)

conductors = Table(
    "baremetal_conductors",
    metadata,
    Column("hostname", String(255), primary_key=True),
    Column("conductor_group", String(255), nullable=False),
    Column("drivers", JSON, nullable=False),
    Column("incarnation", String(36), nullable=False),
    Column("online", Boolean, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)
