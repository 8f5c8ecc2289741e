"""Calls: who was invited, who has consented, who was there, and the streams of what was said."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LISTENER = ["listeners.recording_id", "listeners.id"]
STREAM = ["streams.recording_id", "streams.number"]


def upgrade() -> None:
    """Make the tables, and add the columns."""
    op.add_column("recordings", sa.Column("kind", sa.Text, nullable=False, server_default="file"))
    op.add_column("recordings", sa.Column("slot_ms", sa.Integer, nullable=False, server_default="30"))
    _make_calls()
    _make_invitations()
    _make_consents()
    _make_attendance()
    _make_streams()
    _make_stream_blocks()
    _make_stream_times()


def _make_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
        sa.PrimaryKeyConstraint("recording_id", name="pk_calls"),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name="fk_calls_recording_id"),
    )


def _make_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("listener_id", sa.Text, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("host", sa.Boolean, nullable=False),
        sa.Column("device", sa.LargeBinary),
        sa.Column("invited_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "listener_id", name="pk_invitations"),
        sa.ForeignKeyConstraint(
            ["recording_id", "listener_id"], LISTENER, name="fk_invitations_recording_id_listener_id"
        ),
        sa.UniqueConstraint("token_sha256", name="uq_invitations_token_sha256"),
    )


def _make_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("listener_id", sa.Text, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("device", sa.LargeBinary, nullable=False),
        sa.Column("consented_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.ForeignKeyConstraint(["recording_id", "listener_id"], LISTENER, name="fk_consents_recording_id_listener_id"),
    )
    op.create_index("ix_consents_recording_id", "consents", ["recording_id"])


def _make_attendance() -> None:
    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("listener_id", sa.Text, nullable=False),
        sa.Column("admitted_at", sa.Text, nullable=False),
        sa.Column("left_at", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_attendance"),
        sa.ForeignKeyConstraint(
            ["recording_id", "listener_id"], LISTENER, name="fk_attendance_recording_id_listener_id"
        ),
    )
    op.create_index("ix_attendance_recording_id", "attendance", ["recording_id"])


def _make_streams() -> None:
    op.create_table(
        "streams",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("speaker_id", sa.Text, nullable=False),
        sa.Column("mark_key", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("positions", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "number", name="pk_streams"),
        sa.ForeignKeyConstraint(["recording_id", "speaker_id"], LISTENER, name="fk_streams_recording_id_speaker_id"),
    )


def _make_stream_blocks() -> None:
    op.create_table(
        "stream_blocks",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("block", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "block", name="pk_stream_blocks"),
        sa.ForeignKeyConstraint(["recording_id", "stream"], STREAM, name="fk_stream_blocks_recording_id_stream"),
        sa.UniqueConstraint("recording_id", "stream", "number", name="uq_stream_blocks_recording_id_stream_number"),
    )


def _make_stream_times() -> None:
    op.create_table(
        "stream_times",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("stream", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "stream", "position", name="pk_stream_times"),
        sa.ForeignKeyConstraint(["recording_id", "stream"], STREAM, name="fk_stream_times_recording_id_stream"),
    )
