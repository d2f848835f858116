"""Tables of what is being done: work, leases, the journal, and the conductors that do it."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from bessemer.baremetal.store.tables.machines import of_node
from bessemer.db.metadata import Timestamp, metadata

work = Table(
    "baremetal_work",
    metadata,
    of_node(primary_key=True),
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
    Column("user", String(255)),
    Column("project", String(255)),
    Column("admitted", Boolean, nullable=False, server_default=false()),
    Column("aborted", Boolean, nullable=False, server_default=false()),
    Column("in_step", Boolean, nullable=False, server_default=false()),
    Column("clean_up_failure", Text),
    Column("progress_done", BigInteger, nullable=False),
    Column("progress_total", BigInteger, nullable=False),
)

leases = Table(
    "baremetal_leases",
    metadata,
    of_node(primary_key=True),
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
    of_node(),
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
    of_node(primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("content", Text, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)

history = Table(
    "baremetal_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    of_node(),
    Column("created_at", Timestamp, nullable=False),
    Column("conductor", String(255)),
    Column("event_type", String(255)),
    Column("severity", String(255)),
    Column("event", Text, nullable=False),
    Column("state", String(15)),
    Column("target_provision_state", String(15)),
    Column("user", String(255)),
    Column("project", String(255)),
    Column("duration_seconds", Float),
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

conductor_interfaces = Table(
    "baremetal_conductor_interfaces",
    metadata,
    Column("hostname", String(255), primary_key=True),
    Column("hardware_type", String(255), primary_key=True),
    Column("interface_type", String(16), primary_key=True),
    Column("interface_name", String(255), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("is_default", Boolean, nullable=False),
)
