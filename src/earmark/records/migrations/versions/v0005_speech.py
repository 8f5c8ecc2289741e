"""Speech: what speakers in calls have sealed for the vault of what they said."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "speech",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("stream", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("private_key", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "stream", name="pk_speech"),
        sa.ForeignKeyConstraint(
            ["recording_id", "stream"],
            ["streams.recording_id", "streams.number"],
            name="fk_speech_recording_id_stream",
        ),
    )
    op.create_table(
        "speech_pieces",
        sa.Column("recording_id", sa.Text, nullable=False),
        sa.Column("stream", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "stream", "number", name="pk_speech_pieces"),
        sa.ForeignKeyConstraint(
            ["recording_id", "stream"],
            ["speech.recording_id", "speech.stream"],
            name="fk_speech_pieces_recording_id_stream",
        ),
    )
