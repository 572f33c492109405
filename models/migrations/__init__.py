"""Schema migrations of both stores, run by alembic from code."""
