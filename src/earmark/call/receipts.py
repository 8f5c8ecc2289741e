"""Receipts: what people sign before they enter.

A receipt binds a person's device to the call, to the notice that they were shown, to the state of the ledger in which
the codebook was committed to before, and to the nonce that goes into their codeword. The server's challenge in it makes
it of use for one connection only.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, ValidationError

from earmark.call.wire import MemberId, Message, Nonce
from earmark.errors import CallError

SCHEMA = "earmark.receipt/1"

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Receipt(Message):
    """What a receipt says.

    Attributes:
        call: the call's id.
        member: who enters.
        notice_sha256: of the notice's UTF-8 text.
        ledger_root: Merkle root of the ledger when the challenge was made.
        nonce: 32 random bytes of the person's browser, revealed with this.
        challenge: of the server, for this connection.
    """

    schema_: Annotated[Literal["earmark.receipt/1"], Field(alias="schema")]
    call: Annotated[str, Field(max_length=100)]
    member: MemberId
    notice_sha256: Hex
    ledger_root: Hex
    nonce: Nonce
    challenge: Nonce


@dataclass(frozen=True)
class Expected:
    """What a receipt must say, but for its nonce; see `Receipt`."""

    call: str
    member: str
    notice_sha256: str
    ledger_root: str
    challenge: bytes


def check_receipt(text: str, signature: bytes, device: bytes, expected: Expected) -> bytes:
    """Return the nonce of a receipt that says what it must and is signed by the device.

    Args:
        text: JSON, as it was signed.
        signature: Ed25519, of the text's UTF-8 bytes.
        device: the key that it is checked by, 32 bytes.
        expected: what it must say.

    Raises:
        CallError: it is something else.
    """
    try:
        Ed25519PublicKey.from_public_bytes(device).verify(signature, text.encode("utf-8"))
    except (InvalidSignature, ValueError) as error:
        raise CallError("the receipt is not signed by this device", "Reload the page.") from error
    try:
        receipt = Receipt.model_validate_json(text)
    except ValidationError as error:
        raise CallError("the receipt makes no sense", "Reload the page.") from error
    said = Expected(receipt.call, receipt.member, receipt.notice_sha256, receipt.ledger_root, receipt.challenge)
    if said != expected:
        raise CallError("the receipt is for something else", "Reload the page.")
    return receipt.nonce
