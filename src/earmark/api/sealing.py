"""Opening what was committed to, for those named and nobody else, and sealing a statement with the ledger."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from earmark.api.sealing_calls import receipt_opening, spoken_entries, stream_keys
from earmark.cases.bundle import ListenerOpening, Openings, Seal, Statement, stated, written
from earmark.cases.evidence import Evidence
from earmark.records.entries import Recording
from earmark.records.ledger import acts, call_acts
from earmark.records.ledger.canonical import Json
from earmark.records.ledger.entries import Entry
from earmark.records.vault import Vault

PURPOSES = frozenset({"case", "open-mark-key"})


@dataclass(frozen=True)
class Openers:
    """What the ledger has of a case's recording, as it was when the exhibit was traced.

    Attributes:
        vault: keeps the records.
        recording: what leaked; None if unmarked.
        trace: the entry of the trace.
        listeners: how many listeners the recording had then; 0 if unmarked.
    """

    vault: Vault
    recording: Recording | None
    trace: Entry
    listeners: int

    @cached_property
    def trees(self) -> tuple[Entry, ...]:
        """The entries that commit to listeners, the earliest first."""
        if self.recording is None:
            return ()
        kinds = (acts.RECORDING_MARKED, call_acts.CALL_OPENED, acts.LISTENERS_ADDED)
        found = (entry for kind in kinds for entry in self.vault.ledger.find(kind, self.recording.id))
        there = (one for one in found if whole(one.body["listeners"]) <= self.listeners)
        return tuple(sorted(there, key=lambda one: one.index))

    @cached_property
    def given(self) -> dict[str, Entry]:
        """The first copy of every listener, by listener; of a call, when they were let in first."""
        return self._firsts(call_acts.PERSON_ADMITTED if self._of_call else acts.COPY_GIVEN)

    @cached_property
    def settled(self) -> dict[str, Entry]:
        """From when on every listener's codeword is what it is: their first copy, or their first receipt in a call."""
        return self._firsts(call_acts.PERSON_CONSENTED) if self._of_call else self.given

    @property
    def _of_call(self) -> bool:
        return self.recording is not None and self.recording.kind == "call"

    def _firsts(self, kind: str) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for entry in self.vault.ledger.find(kind, self.recording.id) if self.recording else ():
            found.setdefault(str(entry.body["listener"]), entry)
        return found

    @property
    def marked_at(self) -> str | None:
        """When the recording was marked, or the call opened; None if there is none."""
        return self.trees[0].time if self.trees else None

    def received(self, exhibit: str) -> Entry:
        """Return the entry of an exhibit's receipt."""
        return self.vault.ledger.find(acts.EXHIBIT_RECEIVED, exhibit)[0]

    def traced_before(self, exhibit: str) -> Iterator[float]:
        """Yield the chances that were allowed in earlier traces of an exhibit."""
        for entry in self.vault.ledger.find(acts.TRACE_RUN, exhibit):
            if entry.index < self.trace.index and isinstance(entry.body["bound"], int | float):
                yield float(entry.body["bound"])

    def opened(self, evidence: Evidence, bias_seed: bytes | None, *, mark_key: bool) -> Openings:
        """Open the commitments to the secrets of those named and to the bias seed, and the mark keys if wanted.

        Args:
            evidence: names them.
            bias_seed: of the recording; None if nobody is named.
            mark_key: whether they are wanted; none are opened unless somebody is named, since with them and the exhibit
                anybody could put what was heard to any codeword that was ever opened.
        """
        recording, named = self.recording, [one.listener for one in evidence.accusations]
        if recording is None or evidence.recording is None:
            return Openings(bias_seed=None, listeners=(), mark_key=None, stream_keys=())
        call, wanted = evidence.recording.call, mark_key and bool(named)
        return Openings(
            bias_seed=bias_seed.hex() if bias_seed and named else None,
            listeners=tuple(self._opening(recording.id, name) for name in named),
            mark_key=self.vault.keys(recording.id, "open-mark-key").mark_key.hex() if wanted and not call else None,
            stream_keys=stream_keys(self.vault, recording.id, call) if wanted and call else (),
        )

    def _opening(self, recording_id: str, listener: str) -> ListenerOpening:
        """Open the commitment to a listener's secret, in the first tree that has it."""
        settled = self.settled.get(listener)
        receipt = receipt_opening(self.vault, self.trees[0], settled) if self._of_call and settled else None
        found = self.vault.listener_opening(
            recording_id, listener, "case", [whole(tree.body["listeners"]) for tree in self.trees]
        )
        return ListenerOpening(
            listener=listener,
            secret=found.secret.hex(),
            index=found.index,
            size=found.size,
            path=tuple(part.hex() for part in found.path),
            receipt=receipt,
        )

    def entries(self, evidence: Evidence) -> Iterator[Entry]:
        """Yield the entries that a case rests on, but for the one of the case itself."""
        ledger, named = self.vault.ledger, {one.listener for one in evidence.accusations}
        yield ledger.entry(0)
        yield from self.trees
        yield from (firsts[one] for firsts in (self.settled, self.given) for one in named if one in firsts)
        if self.recording is not None and evidence.recording is not None and evidence.recording.call is not None:
            yield from spoken_entries(self.vault, self.recording.id, evidence.recording.call)
        yield self.received(evidence.exhibit.sha256)
        yield self.trace
        if self.recording is not None:
            for entry in ledger.find(acts.KEY_OPENED, self.recording.id):
                if entry.index > self.trace.index and entry.body["purpose"] in PURPOSES:
                    yield entry


def sealed(vault: Vault, statement: Statement, trace: Entry) -> bytes:
    """Enter a case in the ledger and return its bundle."""
    text, evidence = stated(statement), statement.evidence
    recording = vault.recording(evidence.recording.id) if evidence.recording else None
    made = vault.enter(
        acts.case_made(
            statement.case,
            exhibit=evidence.exhibit.sha256,
            verdict=evidence.verdict,
            statement_sha256=hashlib.sha256(text).hexdigest(),
        )
    )
    entries = Openers(vault, recording, trace, evidence.listeners).entries(evidence)
    rests_on = {entry.index: entry for entry in entries} | {made.index: made}
    size = made.index + 1
    pairs = ((rests_on[index], vault.ledger.inclusion(index, size)) for index in sorted(rests_on) if index < size)
    return written(text, Seal(vault.ledger.head(size), tuple(pairs)))


def whole(value: Json) -> int:
    """Return a whole number of an entry that this vault has written."""
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value
