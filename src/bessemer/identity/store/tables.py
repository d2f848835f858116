"""The identity room's tables."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, String, Table, Text, UniqueConstraint

from bessemer.db.metadata import Timestamp, metadata

users: Final = Table(
    "identity_users",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("description", Text, nullable=False),
    Column("email", String(255)),
    Column("default_project_id", String(64)),
    UniqueConstraint("name"),
)

projects: Final = Table(
    "identity_projects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    UniqueConstraint("name"),
)

roles: Final = Table(
    "identity_roles",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("description", Text, nullable=False),
    UniqueConstraint("name"),
)

assignments: Final = Table(
    "identity_assignments",
    metadata,
    Column("user_id", String(64), ForeignKey("identity_users.id"), primary_key=True),
    Column("role_id", String(64), ForeignKey("identity_roles.id"), primary_key=True),
    Column("target", String(64), primary_key=True),
)

tokens: Final = Table(
    "identity_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_id", String(64), ForeignKey("identity_users.id"), nullable=False, index=True),
    Column("target", String(64)),
    Column("methods", String(64), nullable=False),
    Column("audit_id", String(32), nullable=False),
    Column("issued_at", Timestamp, nullable=False),
    Column("expires_at", Timestamp, nullable=False, index=True),
)
