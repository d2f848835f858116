"""The database: engine, the shared metadata, migrations."""
