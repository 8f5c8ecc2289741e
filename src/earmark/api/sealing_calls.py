"""What a case of a call has that one of a file has not: streams, receipts, and what was entered while it was held."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from earmark.api.tracing import Judged
from earmark.cases.bundle import ReceiptOpening, StreamKey
from earmark.cases.facts import CallFacts, StreamFacts
from earmark.grid import BLOCK_SEGMENTS
from earmark.records.calls.entries import Consent, Stream
from earmark.records.calls.receipts import verify_receipt
from earmark.records.entries import Recording
from earmark.records.ledger import call_acts
from earmark.records.ledger.entries import Entry
from earmark.records.vault import Vault


def call_facts(vault: Vault, call: Recording, judged: Judged) -> CallFacts:
    """Return the streams of a call that were found in a leak, and what of its codebook was spent on them."""
    numbers = {strand.track.stream for strand in judged.found.strands} if judged.found else set()
    heard = {int(segment) // BLOCK_SEGMENTS for found in judged.tried for segment in found.evidence.segments}
    streams = [stream for stream in vault.calls.streams(call.id) if stream.number in numbers]
    listed = (StreamFacts(stream=one.number, speaker=one.speaker_id, blocks=spent(one, heard)) for one in streams)
    return CallFacts(slot_ms=call.slot_ms, sought=judged.streams, streams=tuple(listed))


def spent(stream: Stream, heard: set[int]) -> tuple[int, ...]:
    """Return the blocks of a stream up to the last of which anything was heard, one at least."""
    last = max((place for place, block in enumerate(stream.blocks) if block in heard), default=0)
    return stream.blocks[: last + 1]


def spoken_entries(vault: Vault, call_id: str, call: CallFacts) -> Iterator[Entry]:
    """Yield the entries about the streams that were found, and about the parts of the codebook that they had."""
    lengths = {one.stream: len(one.blocks) for one in call.streams}
    for entry in vault.ledger.find(call_acts.STREAM_OPENED, call_id):
        if entry.body["stream"] in lengths:
            yield entry
    for entry in vault.ledger.find(call_acts.BLOCK_OPENED, call_id):
        stream, number = (int(str(entry.body[name])) for name in ("stream", "number"))
        if number < lengths.get(stream, 0):
            yield entry


def stream_keys(vault: Vault, call_id: str, call: CallFacts) -> tuple[StreamKey, ...]:
    """Open the mark keys of the streams that were found. The ledger says so first."""
    keys = vault.calls.mark_keys([call_id], "open-mark-key")[call_id]
    return tuple(StreamKey(stream=one.stream, mark_key=keys[one.stream].hex()) for one in call.streams)


def receipt_opening(vault: Vault, opened: Entry, consented: Entry) -> ReceiptOpening | None:
    """Return the receipt of a member, and that the call's opening is under the root of the ledger that it names.

    Args:
        vault: has the call.
        opened: the entry of the call's opening.
        consented: that of the receipt.

    Returns:
        None where the vault has no such receipt, or the ledger had no such root between the two entries.
    """
    receipts = vault.calls.consents(str(opened.body["recording"]))
    consent = next((one for one in receipts if entered_as(one, consented)), None)
    if consent is None:
        return None
    root = verify_receipt(consent.receipt, consent.signature, consent.device).ledger_root
    size = size_with(vault, bytes.fromhex(root), range(consented.index, opened.index, -1))
    if size is None:
        return None
    path = tuple(part.hex() for part in vault.ledger.inclusion(opened.index, size).path)
    return ReceiptOpening(text=consent.receipt, signature=consent.signature.hex(), size=size, path=path)


def entered_as(consent: Consent, entry: Entry) -> bool:
    """Tell whether a receipt is the one of an entry."""
    stated = (entry.body["listener"], entry.body["receipt_sha256"])
    return (consent.listener_id, sha256(consent.receipt.encode()).hexdigest()) == stated


def size_with(vault: Vault, root: bytes, sizes: Sequence[int]) -> int | None:
    """Return the first of some sizes at which the ledger had a root; None if it never had it at any."""
    return next((size for size in sizes if vault.ledger.head(size).root == root), None)
