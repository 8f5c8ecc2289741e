"""What checks 5, 8, 10 and 15 ask of a case of a call: what of it was in the ledger, and what its members had signed.

A member's codeword in a call derives from a secret that the owner had committed to, and from a nonce that the member
revealed after that, in a receipt that they have signed. So neither of the two has chosen it. The receipt names a root
of the ledger, and the call's opening, with its commitments, is shown to be under that root.
"""

import hashlib
from collections.abc import Mapping

from earmark.cases.bundle import Bundle, ListenerOpening, ReceiptOpening
from earmark.cases.facts import CallFacts, RecordingFacts
from earmark.errors import EarmarkError
from earmark.grid import BLOCK_SEGMENTS
from earmark.records.calls.receipts import Receipt, base64url, verify_receipt
from earmark.records.ledger.canonical import Json
from earmark.records.ledger.commitments import MARK_KEY, commitment, stream_name
from earmark.records.ledger.entries import Entry
from earmark.records.ledger.proofs import Inclusion

OPENED, CONSENTED, ADMITTED = "call-opened", "person-consented", "person-admitted"
STREAM, BLOCK = "stream-opened", "block-opened"
SPOKEN = (STREAM, BLOCK)
COMING = (CONSENTED, ADMITTED)


def about(bundle: Bundle, call_id: str, *kinds: str) -> list[Entry]:
    """Return the entries of some kinds that are about a call."""
    return [entry for entry in bundle.seal.of_kind(*kinds) if entry.body.get("recording") == call_id]


def require_heard_after(bundle: Bundle, call_id: str, trees: Mapping[str, Entry | None]) -> None:
    """Raise a ValueError unless each who is named was committed to, then signed, and only then was let in.

    Args:
        bundle: the case.
        call_id: of the call.
        trees: the entries that commit to those who are named, by listener.
    """
    for opening in bundle.statement.openings.listeners:
        tree = trees.get(opening.listener)
        steps = [tree, *(first_of(bundle, call_id, kind, opening.listener) for kind in COMING)]
        places = [-1 if step is None else step.index for step in steps]
        if -1 in places or sorted(places) != places:
            raise ValueError(f"{opening.listener!r} was not committed to, and had not signed, before they were let in")


def first_of(bundle: Bundle, call_id: str, kind: str, listener: str) -> Entry | None:
    """Return the first entry of a kind about a member; None if there is none."""
    return next((one for one in about(bundle, call_id, kind) if one.body.get("listener") == listener), None)


def require_spoken(bundle: Bundle, recording: RecordingFacts, call: CallFacts) -> None:
    """Raise a ValueError unless streams and blocks are those of the ledger, and all that was heard is of them."""
    streams = {whole(one, "stream"): one for one in about(bundle, recording.id, STREAM)}
    spent = about(bundle, recording.id, BLOCK)
    blocks = {(whole(one, "stream"), whole(one, "number")): whole(one, "block") for one in spent}
    if {number: one.body.get("speaker") for number, one in streams.items()} != {
        one.stream: one.speaker for one in call.streams
    }:
        raise ValueError("the streams are not those of the ledger, or others are mentioned")
    if blocks != {(one.stream, number): block for one in call.streams for number, block in enumerate(one.blocks)}:
        raise ValueError("what parts of the codebook were spent on the streams is not what the ledger says")
    if any(entry.index < streams[whole(entry, "stream")].index for entry in spent):
        raise ValueError("keys of a stream were dealt out before its mark key was committed to")
    for attempt in bundle.statement.evidence.attempts:
        there = {block for one in call.streams if one.stream in (attempt.streams or ()) for block in one.blocks}
        if not {segment // BLOCK_SEGMENTS for segment in attempt.heard.segments} <= there:
            raise ValueError("segments were heard that none of the streams has")


def require_signed(bundle: Bundle, call_id: str, one: ListenerOpening) -> None:
    """Raise a ValueError unless who is named has signed the receipt whose nonce counts, having seen the commitments."""
    entry, receipt = first_of(bundle, call_id, CONSENTED, one.listener), one.receipt
    if entry is None or receipt is None or entry.body.get("counts") is not True:
        raise ValueError(f"there is no receipt of {one.listener!r} that counts")
    stated = signed(receipt, entry)
    if (stated.call, stated.member, base64url(stated.nonce)) != (call_id, one.listener, nonce_of(entry)):
        raise ValueError(f"the receipt of {one.listener!r} is about something else")
    opened = about(bundle, call_id, OPENED)
    if not opened or not opened[0].index < receipt.size <= entry.index:
        raise ValueError(f"{one.listener!r} has signed at another time than between the call's opening and their entry")
    path = tuple(bytes.fromhex(part) for part in receipt.path)
    Inclusion(opened[0].index, receipt.size, path).verify(opened[0].leaf, bytes.fromhex(stated.ledger_root))


def signed(receipt: ReceiptOpening, entry: Entry) -> Receipt:
    """Return what a receipt states, if it is the one of the entry, and signed by the device of that."""
    try:
        stated = verify_receipt(receipt.text, bytes.fromhex(receipt.signature), hexadecimal(entry.body.get("device")))
    except EarmarkError as error:
        raise ValueError(str(error)) from error
    if sha256_of(receipt.text) != entry.body.get("receipt_sha256"):
        raise ValueError("a receipt is not the one that the ledger has")
    return stated


def nonce_of(entry: Entry) -> bytes:
    """Return the nonce that an entry says a member has revealed."""
    return hexadecimal(entry.body.get("nonce"))


def nonces(bundle: Bundle) -> dict[str, bytes]:
    """Return the nonces of those named, by listener.

    Raises:
        ValueError: one of them has not revealed any.
    """
    recording, found = bundle.statement.evidence.recording, {}
    for one in bundle.statement.openings.listeners:
        entry = first_of(bundle, recording.id, CONSENTED, one.listener) if recording else None
        if entry is None:
            raise ValueError(f"there is no receipt of {one.listener!r}")
        found[one.listener] = nonce_of(entry)
    return found


def stream_keys_of(bundle: Bundle, recording: RecordingFacts, call: CallFacts) -> dict[int | None, bytes]:
    """Return the opened mark keys by stream if they are those committed to.

    Raises:
        ValueError: they are others, or not those of all streams that were found.
    """
    opened: dict[int | None, bytes] = {
        one.stream: bytes.fromhex(one.mark_key) for one in bundle.statement.openings.stream_keys
    }
    if list(opened) != [one.stream for one in call.streams]:
        raise ValueError("the mark keys are not those of the streams that were found")
    entries = {whole(one, "stream"): one for one in about(bundle, recording.id, STREAM)}
    for one in bundle.statement.openings.stream_keys:
        made = commitment(MARK_KEY, stream_name(recording.id, one.stream), bytes.fromhex(one.mark_key)).hex()
        if one.stream not in entries or entries[one.stream].body.get("mark_key_commitment") != made:
            raise ValueError(f"the mark key of stream {one.stream} is not the one committed to")
    return opened


def whole(entry: Entry, name: str) -> int:
    """Return a whole number that an entry has."""
    value = entry.body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"an entry has a {name} that is no number")  # noqa: TRY004 - of outside input
    return value


def hexadecimal(value: Json) -> bytes:
    """Return the bytes that an entry has in hexadecimal."""
    if not isinstance(value, str):
        raise ValueError("an entry has something that is not hexadecimal")  # noqa: TRY004 - of outside input
    return bytes.fromhex(value)


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
