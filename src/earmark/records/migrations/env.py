"""What Alembic runs first: the migrations join the transaction of the connection they are handed."""

from alembic import context

from earmark.records.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, given an explicit BEGIN; see earmark.records.database
)
with context.begin_transaction():
    context.run_migrations()
