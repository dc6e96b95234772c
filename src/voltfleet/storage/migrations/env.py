"""Alembic's entry: runs inside the transaction that `storage.migrate` opened."""

from alembic import context

_settings = context.config.attributes

context.configure(
    connection=_settings["connection"],
    target_metadata=_settings["metadata"],
    version_table=f"schema_version_{_settings['line']}",
    transactional_ddl=True,
)
context.run_migrations()
