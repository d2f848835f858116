"""Tables of what operators prepare: allocations, deploy templates, runbooks, inspection rules."""

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, Text

from bessemer.baremetal.store.tables.machines import moments
from bessemer.db.metadata import metadata

allocations = Table(
    "baremetal_allocations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("name", String(255), unique=True),
    Column("node_uuid", String(36), index=True),
    Column("resource_class", String(80)),
    Column("state", String(15), nullable=False, index=True),
    Column("owner", String(255), index=True),
    Column("last_error", Text),
    Column("traits", JSON, nullable=False),
    Column("candidate_nodes", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
)

deploy_templates = Table(
    "baremetal_deploy_templates",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("description", String(255)),
    Column("steps", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
)

runbooks = Table(
    "baremetal_runbooks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("description", String(255)),
    Column("owner", String(255), index=True),
    Column("public", Boolean, nullable=False),
    Column("disable_ramdisk", Boolean, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("traits", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    *moments(),
)

inspection_rules = Table(
    "baremetal_inspection_rules",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("description", String(255)),
    Column("phase", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("scope", String(255)),
    Column("sensitive", Boolean, nullable=False),
    Column("conditions", JSON, nullable=False),
    Column("actions", JSON, nullable=False),
    *moments(),
)
