"""Alembic's side of the database: one branch of revisions per room, so that rooms move on alone."""
