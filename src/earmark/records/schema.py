"""The vault's tables, in types that SQLite and PostgreSQL share.

The tables are made and changed by ``migrations`` alone; a test keeps the two in step. Secrets are encrypted, each bound
to its row and column; see ``earmark.records.protection.columns``.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcTime(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC with microseconds, so that text order is time order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text of an aware ``value``."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment of which ``value`` is the text."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("input_name", Text, nullable=False),
    Column("input_sha256", Text, nullable=False, index=True),
    Column("seconds", Float, nullable=False),
    Column("rate", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("segment_ms", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("coalition", Integer, nullable=False),
    Column("detector", Integer, nullable=False),
    Column("depth", Float, nullable=False),
    Column("container", Text, nullable=False),
    Column("codec", Text, nullable=False),
    Column("classification", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False, server_default="file"),
    Column("slot_ms", Integer, nullable=False, server_default="30"),
    Column("mark_key", LargeBinary, nullable=False),
    Column("bias_seed", LargeBinary, nullable=False),
    Column("seal_secret", LargeBinary, nullable=False),
)

listeners = Table(
    "listeners",
    metadata,
    Column("recording_id", Text, ForeignKey("recordings.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),  # the id without case; see Listener.key
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("place", Integer, nullable=False, server_default="0"),  # in the tree of the listeners' commitments
    Column("commitment", LargeBinary, nullable=False, server_default=""),  # the hash of its leaf there
    UniqueConstraint("recording_id", "key"),
)

copies = Table(
    "copies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recording_id", Text, nullable=False),
    Column("listener_id", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("given_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["recording_id", "listener_id"], ["listeners.recording_id", "listeners.id"]),
    UniqueConstraint("recording_id", "listener_id", "path", "sha256"),
)

calls = Table(  # what a recording that is a call has beside
    "calls",
    metadata,
    Column("recording_id", Text, ForeignKey("recordings.id"), primary_key=True),
    Column("rules", Text, nullable=False),  # JSON
    Column("ended_at", UtcTime),
    Column("holder", BigInteger().with_variant(Integer, "sqlite")),  # number of the server that holds it
    Column("server", Text, nullable=False, server_default=""),  # what people call that
    Column("locked", Boolean, nullable=False, server_default=false()),  # whether nobody new may come
)

invitations = Table(
    "invitations",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("listener_id", Text, primary_key=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("host", Boolean, nullable=False),
    Column("device", LargeBinary),  # Ed25519 public key, from the first time that it was used on
    Column("invited_at", UtcTime, nullable=False),
    Column(
        "expected_back", Boolean, nullable=False, server_default=false()
    ),  # may come back without being let in again
    Column("removed_at", UtcTime),  # by a host, for good
    ForeignKeyConstraint(["recording_id", "listener_id"], ["listeners.recording_id", "listeners.id"]),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recording_id", Text, nullable=False),
    Column("listener_id", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("device", LargeBinary, nullable=False),
    Column("consented_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["recording_id", "listener_id"], ["listeners.recording_id", "listeners.id"]),
    Index("ix_consents_recording_id", "recording_id"),
    Index("ix_consents_listener_id_device", "listener_id", "device"),
)

attendance = Table(
    "attendance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recording_id", Text, nullable=False),
    Column("listener_id", Text, nullable=False),
    Column("admitted_at", UtcTime, nullable=False),
    Column("left_at", UtcTime),
    ForeignKeyConstraint(["recording_id", "listener_id"], ["listeners.recording_id", "listeners.id"]),
    Index("ix_attendance_recording_id", "recording_id"),
)

streams = Table(  # what one member says in a call, until they leave
    "streams",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("speaker_id", Text, nullable=False),
    Column("mark_key", LargeBinary, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("positions", Integer, nullable=False),
    ForeignKeyConstraint(["recording_id", "speaker_id"], ["listeners.recording_id", "listeners.id"]),
)

stream_blocks = Table(
    "stream_blocks",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),  # in the call's codebook
    Column("stream", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # in the stream
    Column("opened_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["recording_id", "stream"], ["streams.recording_id", "streams.number"]),
    UniqueConstraint("recording_id", "stream", "number"),
)

stream_times = Table(  # when a position was reached, where that does not follow from the one before
    "stream_times",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    ForeignKeyConstraint(["recording_id", "stream"], ["streams.recording_id", "streams.number"]),
)

speech = Table(  # streams whose speakers have sealed what they say for the vault
    "speech",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("public_key", LargeBinary, nullable=False),  # X25519, to which it is sealed
    Column("private_key", LargeBinary, nullable=False),
    Column("kept_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["recording_id", "stream"], ["streams.recording_id", "streams.number"]),
)

speech_pieces = Table(
    "speech_pieces",
    metadata,
    Column("recording_id", Text, primary_key=True),
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),  # Ed25519, by the speaker's device
    ForeignKeyConstraint(["recording_id", "stream"], ["speech.recording_id", "speech.stream"]),
)

identity = Table(  # one row: which vault this is
    "identity",
    metadata,
    Column("vault_id", Text, primary_key=True),
    Column("generation", Integer, nullable=False),  # of the vault key
    Column("public_key", LargeBinary, nullable=False),  # the ledger's
    Column("signing_key", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

ways = Table(  # of opening the vault
    "ways",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),  # of the head that ends with this entry
    Index("ix_ledger_entries_kind_subject", "kind", "subject"),
)

ledger_nodes = Table(  # hashes of complete subtrees, numbered as merkle.number_of has it
    "ledger_nodes",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

stamps = Table(  # time stamps of heads
    "stamps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("added_at", UtcTime, nullable=False),
)
