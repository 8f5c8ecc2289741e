"""Time stamps of heads (RFC 3161): an authority's word that a ledger was as it is no later than a moment.

The authority is sent nothing but the SHA-256 of the head's canonical JSON, signature and all. There is no nonce: a
reply that is played back would still be a genuine stamp of the same head.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.errors import VerificationError

from earmark.errors import UsageError
from earmark.records.ledger.canonical import canonical
from earmark.records.ledger.heads import SignedHead

REQUEST_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
MAX_REPLY_BYTES = 2**16
GRANTED = 0


def request_for(head: SignedHead) -> bytes:
    """Return what an authority is to be sent."""
    builder = TimestampRequestBuilder().data(canonical(head.facts)).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()


def stamped_at(reply: bytes, head: SignedHead, roots: Sequence[Certificate] = ()) -> datetime:
    """Return the moment that a stamp gives.

    Args:
        reply: an authority's answer.
        head: what it is to be a stamp of.
        roots: certificates of which one has to have signed the authority's; with none, whose stamp it is stays
            unchecked.

    Raises:
        ValueError: it is no stamp, not one of this head, or not one that goes back to these roots.
    """
    data = canonical(head.facts)
    try:
        stamp = decode_timestamp_response(reply)
        if roots:
            VerifierBuilder(roots=list(roots)).build().verify_message(stamp, data)
        granted, moment = _is_of(stamp, data), stamp.tst_info.gen_time
    except (ValueError, TypeError, OverflowError, VerificationError) as error:
        raise ValueError(f"the time stamp does not hold: {error}") from error
    if not granted:
        raise ValueError("the time stamp does not hold: it was not granted, or is of something else")
    return moment


def _is_of(stamp: TimeStampResponse, data: bytes) -> bool:
    """Tell whether a stamp was granted, and for these bytes."""
    imprint = stamp.tst_info.message_imprint
    asked = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build().message_imprint
    same = (imprint.message, imprint.hash_algorithm) == (asked.message, asked.hash_algorithm)
    return stamp.status == GRANTED and same


def read_roots(path: Path) -> list[Certificate]:
    """Return the certificates in a PEM file.

    Raises:
        UsageError: it cannot be read, or there are none in it.
    """
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"there are no certificates in {path}", "Give the authority's root in PEM form.") from error
