"""Signed heads: the ledger's size and root at a moment, signed with its Ed25519 key (RFC 8032).

Whoever keeps a head can later tell whether the ledger still has all that it had then. The signature says that the
holder of the vault's key has stated this; it does not say that they have stated nothing else elsewhere.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from earmark.records.ledger.canonical import Json, canonical, parse_object

SCHEMA = "earmark/ledger-head/1"
LABEL = b"earmark/1 ledger head\x00"
MAX_HEAD_BYTES = 4096


@dataclass(frozen=True)
class SignedHead:
    """The state of a ledger, and who says so.

    Attributes:
        size: how many entries it has.
        root: of the tree over them, 32 bytes.
        time: that of the last entry.
        public_key: the ledger's Ed25519 key, 32 bytes.
        signature: 64 bytes.
    """

    size: int
    root: bytes
    time: str
    public_key: bytes
    signature: bytes

    @property
    def facts(self) -> dict[str, Json]:
        """Its form in JSON."""
        return _stated(self.size, self.root, self.time, self.public_key) | {"signature": self.signature.hex()}

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return LABEL + canonical(_stated(self.size, self.root, self.time, self.public_key))

    def verify(self) -> None:
        """Check the signature.

        Raises:
            ValueError: it is not that of ``public_key`` over this head.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, self.signed)
        except InvalidSignature as error:
            raise ValueError(f"the signature of the head of size {self.size} does not hold") from error


def sign_head(key: Ed25519PrivateKey, size: int, root: bytes, time: str) -> SignedHead:
    """Return the head of a ledger, signed."""
    public_key = key.public_key().public_bytes_raw()
    return SignedHead(size, root, time, public_key, key.sign(LABEL + canonical(_stated(size, root, time, public_key))))


def parse_head(text: bytes) -> SignedHead:
    """Return the head that JSON describes, its signature not yet checked; order of keys and white space are free.

    Raises:
        ValueError: it is not a head.
    """
    if len(text) > MAX_HEAD_BYTES:
        raise ValueError("this is too long for a ledger head")
    facts = parse_object(text)
    size, time = facts.get("size"), facts.get("time")
    if facts.get("schema") != SCHEMA or len(facts) != 6:
        raise ValueError("this is no ledger head")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size < 2**53 or not isinstance(time, str):
        raise ValueError("this ledger head has no size, or no time")
    root, key, signature = (
        _bytes(facts.get(name), length) for name, length in (("root", 32), ("public_key", 32), ("signature", 64))
    )
    return SignedHead(size, root, time, key, signature)


def _bytes(value: Json, length: int) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * length or set(value) - set("0123456789abcdef"):
        raise ValueError(f"this ledger head lacks a value of {length} bytes in lower-case hexadecimal")
    return bytes.fromhex(value)


def _stated(size: int, root: bytes, time: str, public_key: bytes) -> dict[str, Json]:
    return {"schema": SCHEMA, "size": size, "root": root.hex(), "time": time, "public_key": public_key.hex()}
