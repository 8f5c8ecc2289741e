"""Devices that somebody has consented with are found without reading all receipts of all calls."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_consents_listener_id_device", "consents", ["listener_id", "device"])
