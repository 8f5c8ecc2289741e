"""Commitments: hashes that bind to a secret today, and tell nothing of it until it is shown.

Secrets are 32 random bytes, so a hash hides them, and with them whatever else is in the same hash: from the leaf of a
listener's commitment nobody can tell whose it is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from earmark.records.ledger.canonical import canonical_strings
from earmark.records.ledger.merkle import leaf_hash, root_from_path

MARK_KEY = "earmark/1 commitment mark key"
BIAS_SEED = "earmark/1 commitment bias seed"
LISTENER = "earmark/1 commitment listener"
SCHEMA = "earmark/listener-commitment/1"


def commitment(label: str, recording_id: str, secret: bytes) -> bytes:
    """Return SHA-256(label ‖ 0x00 ‖ recording id ‖ 0x00 ‖ secret), which commits to a secret of a recording.

    Args:
        label: one of the labels above.
        recording_id: such as "r-wcw62hbk"; has no zero bytes.
        secret: 32 bytes.
    """
    return hashlib.sha256(b"\x00".join((label.encode("ascii"), recording_id.encode(), secret))).digest()


def stream_name(call_id: str, stream: int) -> str:
    """Return what takes the recording's id in the commitment to the mark key of a call's stream: "call-wcw62hbk/0"."""
    return f"{call_id}/{stream}"


def listener_leaf(recording_id: str, listener_id: str, secret: bytes) -> bytes:
    """Return the leaf that commits to a listener's secret: canonical JSON."""
    return canonical_strings(
        {
            "schema": SCHEMA,
            "recording": recording_id,
            "listener": listener_id,
            "commitment": commitment(LISTENER, recording_id, secret).hex(),
        }
    )


def listener_hash(recording_id: str, listener_id: str, secret: bytes) -> bytes:
    """Return the hash of a listener's leaf, which is what the listeners' tree is made of."""
    return leaf_hash(listener_leaf(recording_id, listener_id, secret))


@dataclass(frozen=True)
class Opening:
    """What opens the commitment to one listener's secret, and to nobody else's.

    Attributes:
        secret: 32 bytes.
        index: the leaf's place in the listeners' tree.
        size: how many listeners the tree has.
        path: the audit path.
    """

    secret: bytes
    index: int
    size: int
    path: Sequence[bytes]

    def verify(self, recording_id: str, listener_id: str, root: bytes) -> None:
        """Check that ``root`` has committed to this secret for this listener.

        Raises:
            ValueError: it has not.
        """
        leaf = listener_hash(recording_id, listener_id, self.secret)
        if root_from_path(leaf, self.index, self.size, self.path) != root:
            raise ValueError(f"{listener_id!r} was not committed to with this secret")
