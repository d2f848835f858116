"""Section `[database]`: where the database is, and how long it is waited for."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class DatabaseSettings(BaseModel):
    """All but `url` is for PostgreSQL; SQLite needs no settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(
        None,
        description="sqlite+aiosqlite:////path/to/file or postgresql+asyncpg://user:password@host/"
        "name; by default SQLite in the state directory",
    )
    pool_size: int = Field(
        10, ge=1, le=1000, description="most connections to PostgreSQL of one process"
    )
    pool_timeout: timedelta = Field(
        timedelta(seconds=10), description="how long a request waits for a free connection"
    )
    connect_timeout: timedelta = Field(
        timedelta(seconds=5), description="how long PostgreSQL may take to accept a connection"
    )
    statement_timeout: timedelta = Field(
        timedelta(seconds=30),
        ge=timedelta(milliseconds=1),
        description="how long PostgreSQL may take over one statement, waiting for locks included",
    )
