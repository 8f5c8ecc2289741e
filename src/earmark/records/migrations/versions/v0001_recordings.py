"""Recordings, their listeners, and the copies given to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _make_recordings()
    _make_listeners()
    _make_copies()


def _make_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("input_name", sa.Text, nullable=False),
        sa.Column("input_sha256", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("segment_ms", sa.Integer, nullable=False),
        sa.Column("segments", sa.Integer, nullable=False),
        sa.Column("coalition", sa.Integer, nullable=False),
        sa.Column("detector", sa.Integer, nullable=False),
        sa.Column("depth", sa.Float, nullable=False),
        sa.Column("container", sa.Text, nullable=False),
        sa.Column("codec", sa.Text, nullable=False),
        sa.Column("mark_key", sa.LargeBinary, nullable=False),
        sa.Column("bias_seed", sa.LargeBinary, nullable=False),
        sa.Column("seal_secret", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_input_sha256", "recordings", ["input_sha256"])


def _make_listeners() -> None:
    op.create_table(
        "listeners",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "id", name="pk_listeners"),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_listeners_recording_id"),
        sa.UniqueConstraint("recording_id", "key", name="uq_listeners_recording_id_key"),
    )


def _make_copies() -> None:
    op.create_table(
        "copies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("listener_id", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("given_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_copies"),
        sa.ForeignKeyConstraint(
            ["recording_id", "listener_id"],
            ["listeners.recording_id", "listeners.id"],
            name="fk_copies_recording_id_listener_id",
        ),
        sa.UniqueConstraint(
            "recording_id", "listener_id", "path", "sha256", name="uq_copies_recording_id_listener_id_path_sha256"
        ),
    )
