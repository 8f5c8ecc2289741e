"""Which server holds a call, and what of its room outlives that server: its lock, who may come back, and who not."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("calls", sa.Column("holder", number))
    op.add_column("calls", sa.Column("server", sa.Text, nullable=False, server_default=""))
    op.add_column("calls", sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("invitations", sa.Column("expected_back", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("invitations", sa.Column("removed_at", sa.Text))
