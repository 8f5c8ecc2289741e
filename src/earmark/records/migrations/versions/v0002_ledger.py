"""The ledger, the vault's identity, and the ways of opening it; recordings' classification, listeners' commitments.

What is in the tables that were there before is put in its new form by ``earmark.records.adoption``, since that takes
keys.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables, and add the columns."""
    op.add_column("recordings", sa.Column("classification", sa.Text, nullable=False, server_default=""))
    op.add_column("listeners", sa.Column("place", sa.Integer, nullable=False, server_default="0"))
    op.add_column("listeners", sa.Column("commitment", sa.LargeBinary, nullable=False, server_default=""))
    _make_identity()
    _make_ways()
    _make_ledger()
    _make_stamps()


def _make_identity() -> None:
    op.create_table(
        "identity",
        sa.Column("vault_id", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("signing_key", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("vault_id", name="pk_identity"),
    )


def _make_ways() -> None:
    op.create_table(
        "ways",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ways"),
    )


def _make_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_ledger_entries"),
    )
    op.create_index("ix_ledger_entries_kind_subject", "ledger_entries", ["kind", "subject"])
    op.create_table(
        "ledger_nodes",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_nodes"),
    )


def _make_stamps() -> None:
    op.create_table(
        "stamps",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stamps"),
    )
