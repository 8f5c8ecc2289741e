"""Receipts: a member's signed statement that they know that the call is marked, and a nonce with it.

A receipt is JSON text of exactly the keys of ``Receipt`` and ``schema``, signed as its UTF-8 bytes with the Ed25519 key
of the member's device. Whether its challenge is the one that was put is for the one to say who has put it.
"""

import base64
import binascii
import re
from dataclasses import dataclass, fields

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from earmark.errors import UsageError
from earmark.keys import SECRET_BYTES
from earmark.records.ledger.canonical import parse_object

SCHEMA = "earmark.receipt/1"
MAX_CHARACTERS = 4096
KEY_BYTES = 32

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Receipt:
    """What a member states.

    Attributes:
        call: the call's id.
        member: their own.
        notice_sha256: SHA-256 of the notice that they were shown, in UTF-8.
        ledger_root: root of the ledger as they were shown it, before they revealed the nonce.
        nonce: 32 bytes in base64url without padding.
        challenge: of the server, in base64url without padding.
    """

    call: str
    member: str
    notice_sha256: str
    ledger_root: str
    nonce: str
    challenge: str


def verify_receipt(text: str, signature: bytes, device: bytes) -> Receipt:
    """Return what a receipt states, if the device has signed it.

    Raises:
        UsageError: it is no receipt, or the signature does not hold.
    """
    if len(text) > MAX_CHARACTERS or len(device) != KEY_BYTES:
        raise refused("it has not the form of one")
    try:
        Ed25519PublicKey.from_public_bytes(device).verify(signature, text.encode())
        facts = parse_object(text.encode())
    except (InvalidSignature, ValueError) as error:
        raise refused(str(error) or "its signature does not hold") from error
    stated = {name: value for name, value in facts.items() if isinstance(value, str)}
    if facts.keys() != {"schema", *(field.name for field in fields(Receipt))} or stated != facts:
        raise refused("it has other fields than it should")
    if stated.pop("schema") != SCHEMA:
        raise refused("it is of another version")
    return _checked(Receipt(**stated))


def refused(reason: str) -> UsageError:
    """Return what is to be said of a receipt that cannot be accepted."""
    return UsageError(f"the receipt of consent is not accepted: {reason}", "Open the invitation again and sign anew.")


def base64url(text: str) -> bytes:
    """Return the bytes of which ``text`` is the one base64url form without padding.

    Raises:
        ValueError: there are none.
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("this is not base64url") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=") != text.encode():
        raise ValueError("this is not base64url")
    return data


def _checked(receipt: Receipt) -> Receipt:
    if not (_HASH.fullmatch(receipt.notice_sha256) and _HASH.fullmatch(receipt.ledger_root)):
        raise refused("a hash in it is none")
    try:
        nonce, _ = base64url(receipt.nonce), base64url(receipt.challenge)
    except ValueError as error:
        raise refused(str(error)) from error
    if len(nonce) != SECRET_BYTES:
        raise refused(f"its nonce has {len(nonce)} bytes, not {SECRET_BYTES}")
    return receipt
