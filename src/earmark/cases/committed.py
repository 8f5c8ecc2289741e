"""Checks 2 to 5 and 8 to 10: what the ledger and its commitments say about a case."""

from collections.abc import Sequence
from itertools import pairwise
from math import isclose

from earmark.cases import codewords, committed_calls
from earmark.cases.bundle import Bundle, ListenerOpening
from earmark.cases.checklist import NotCheckedError
from earmark.cases.evidence import Accusation
from earmark.cases.facts import RecordingFacts
from earmark.records.ledger.canonical import Json
from earmark.records.ledger.commitments import BIAS_SEED, MARK_KEY, Opening, commitment
from earmark.records.ledger.entries import Entry
from earmark.records.ledger.heads import SignedHead
from earmark.records.ledger.proofs import Consistency
from earmark.records.ledger.trees import MARKED, TREES, Trees, count_of

MENTIONING = ("copy-given", *committed_calls.COMING)

ONCE = ("vault-made", "exhibit-received", "trace-run", "case-made")

NOBODY = "nobody is named"
NO_RECORDING = "no recording was found"
ROUNDING = 1e-9
CLOCK_SET_BACK = ", but a clock was set back in between"


def check_signature(bundle: Bundle) -> str:
    """2. The ledger's head is signed, and the ledger has this very statement as a case."""
    head, statement = bundle.seal.head, bundle.statement
    head.verify()
    made = {
        "case": statement.case,
        "exhibit": statement.evidence.exhibit.sha256,
        "statement_sha256": bundle.statement_sha256,
        "verdict": statement.evidence.verdict,
    }
    if not any(entry.body == made for entry in bundle.seal.of_kind("case-made")):
        raise ValueError("the ledger has no such statement as a case")
    founding = bundle.seal.of_kind("vault-made")
    if not (founding and founding[0].index == 0 and founding[0].body.get("public_key") == head.public_key.hex()):
        raise ValueError("the ledger's first entry is not here, or has another key")
    return f"key {head.public_key.hex()}"


def check_entries(bundle: Bundle) -> str:
    """3. Every entry that the case rests on is in the ledger under that head."""
    head = bundle.seal.head
    for entry, inclusion in bundle.seal.entries:
        if (inclusion.index, inclusion.size) != (entry.index, head.size):
            raise ValueError(f"the proof of entry {entry.index} is about another one")
        inclusion.verify(entry.leaf, head.root)
    return f"{len(bundle.seal.entries)} of {head.size} entries"


def check_head(bundle: Bundle, known: SignedHead | None, proof: Consistency | None) -> str:
    """4. The ledger is the one whose head was known from elsewhere."""
    head = bundle.seal.head
    if known is None:
        raise NotCheckedError("no head was given; compare the key with the one the owner has published")
    known.verify()
    if known.public_key != head.public_key:
        raise ValueError("the head given is of another ledger")
    if known.size == head.size:
        if known.root != head.root:
            raise ValueError("the head given has the same size and another root: there are two ledgers")
        return f"the same, {head.size} entries"
    older, newer = sorted((known, head), key=lambda one: one.size)
    if proof is None or (proof.old_size, proof.size) != (older.size, newer.size):
        raise ValueError(f"it takes a proof of consistency between the sizes {older.size} and {newer.size}")
    proof.verify(older.root, newer.root)
    return f"the ledger of {newer.size} entries begins with the one of {older.size}"


def check_order(bundle: Bundle) -> str:
    """5. What had to come first came first: marked, committed, given, received, traced, opened."""
    evidence, seal = bundle.statement.evidence, bundle.seal
    sha256 = evidence.exhibit.sha256
    steps: list[Sequence[Entry]] = [seal.of_kind("vault-made")]
    if evidence.recording is not None:
        steps += (_marking if evidence.recording.call is None else _holding)(bundle, evidence.recording.id)
    steps.append([entry for entry in seal.of_kind("exhibit-received") if entry.body.get("sha256") == sha256])
    steps.append([entry for entry in seal.of_kind("trace-run") if entry.body.get("exhibit") == sha256][-1:])
    if evidence.accusations:
        opened = seal.of_kind("key-opened")
        steps.append([entry for entry in opened if entry.body.get("purpose") in ("case", "open-mark-key")])
    steps.append(seal.of_kind("case-made")[-1:])
    if not all(steps):
        raise ValueError("an entry that should be there is missing")
    _require_needed(bundle)
    _require_traced_so(bundle, next(entry for step in steps for entry in step if entry.kind == "trace-run"))
    if any(before[-1].index >= after[0].index for before, after in pairwise(steps)):
        raise ValueError("what had to come first did not")
    found = [entry for step in steps for entry in step]
    backwards = any(after.time < before.time for before, after in pairwise(found))
    return f"from {found[0].time} to {found[-1].time}{CLOCK_SET_BACK if backwards else ''}"


def _require_needed(bundle: Bundle) -> None:
    """Raise a ValueError where there is an entry that is not about the case: it could tell of anybody."""
    evidence = bundle.statement.evidence
    recording = evidence.recording.id if evidence.recording else None
    about: dict[str, dict[str, Json]] = {
        "exhibit-received": {"sha256": evidence.exhibit.sha256},
        "trace-run": {"exhibit": evidence.exhibit.sha256},
        "key-opened": {"recordings": [recording]},
        "case-made": {"case": bundle.statement.case},
        "vault-made": {},
        **{key: {"recording": recording} for key in (*TREES, *MENTIONING, *committed_calls.SPOKEN)},
    }
    for entry, _ in bundle.seal.entries:
        expected = about.get(entry.kind)
        if expected is None or any(entry.body.get(name) != value for name, value in expected.items()):
            raise ValueError(f"entry {entry.index} has nothing to do with the case")
    if any(len(bundle.seal.of_kind(kind)) > 1 for kind in ONCE):
        raise ValueError("an entry is there twice that a case has once")


def _require_traced_so(bundle: Bundle, trace: Entry) -> None:
    """Raise a ValueError unless the trace is of what the statement says, with the bound that was set for it."""
    evidence = bundle.statement.evidence
    recording = evidence.recording.id if evidence.recording else None
    if not _named_alike(trace.body.get("named"), evidence.accusations):
        raise ValueError("the trace has not named those whom the case names, or with another bound")
    stated = (evidence.verdict, evidence.family_wise, recording, bundle.statement.made_at)
    if (trace.body.get("verdict"), trace.body.get("bound"), trace.body.get("recording"), trace.time) != stated:
        raise ValueError("the trace had another verdict, bound, recording or time")
    call = evidence.recording.call if evidence.recording else None
    streams = call.sought if call else 0
    counted = (evidence.tracks, streams, evidence.listeners)
    if tuple(trace.body.get(name) for name in ("tracks", "streams", "listeners")) != counted:
        raise ValueError("the trace has looked for another number of tracks, or among another number of listeners")
    if streams > evidence.tracks:
        raise ValueError("more streams of the call were looked for than tracks in all")
    _require_shared(trace.body.get("shares"), [one.heard.share for one in evidence.attempts])


def _named_alike(traced: Json, accusations: Sequence[Accusation]) -> bool:
    """Tell whether a trace has named those accused, in this order and with their bounds."""
    if not isinstance(traced, list) or len(traced) != len(accusations):
        return False
    for entered, one in zip(traced, accusations, strict=True):
        bound = entered.get("false_accusation_log10") if isinstance(entered, dict) else None
        if not isinstance(entered, dict) or entered.get("listener") != one.listener:
            return False
        if not isinstance(bound, int | float) or not isclose(bound, one.bound_log10, rel_tol=ROUNDING):
            return False
    return True


def _require_shared(entered: Json, stated: Sequence[float]) -> None:
    """Raise a ValueError unless each attempt has a share that the trace has set aside, of no more than there is."""
    if not isinstance(entered, list) or not all(
        isinstance(share, int | float) and not isinstance(share, bool) and share >= 0 for share in entered
    ):
        raise ValueError("the trace does not say what share of the allowed chance each attempt had")
    left = [float(share) for share in entered if isinstance(share, int | float)]
    if sum(left) > 1 + ROUNDING:
        raise ValueError("the trace has shared out more than the allowed chance")
    for share in stated:
        if share not in left:
            raise ValueError(f"the trace has set aside no share of {share:.4g} for evidence like this")
        left.remove(share)


def _marking(bundle: Bundle, recording_id: str) -> list[Sequence[Entry]]:
    """Return the entries about the recording that have to come one after the other."""
    marked = of_recording(bundle, recording_id, "recording-marked")
    if any(entry.body.get("adopted") is not False for entry in marked):
        raise ValueError("the recording is older than the ledger: nothing shows that its codebook was fixed beforehand")
    if not bundle.statement.evidence.accusations:
        return [marked]
    trees = of_recording(bundle, recording_id, *TREES)
    given = of_recording(bundle, recording_id, "copy-given")
    for opening in bundle.statement.openings.listeners:
        own = [entry for entry in given if entry.body.get("listener") == opening.listener]
        tree = tree_of(trees, opening)
        if not own or tree is None or tree.index >= own[0].index:
            raise ValueError(f"{opening.listener!r} was not committed to before a copy was given")
    return [marked, given]


def _holding(bundle: Bundle, call_id: str) -> list[Sequence[Entry]]:
    """Return the entries about the call that have to come one after the other: it was opened, and then it happened."""
    trees = of_recording(bundle, call_id, *TREES)
    settled = {one.listener: tree_of(trees, one) for one in bundle.statement.openings.listeners}
    committed_calls.require_heard_after(bundle, call_id, settled)
    opened = of_recording(bundle, call_id, committed_calls.OPENED)
    return [opened, of_recording(bundle, call_id, *committed_calls.SPOKEN, *committed_calls.COMING)]


def of_recording(bundle: Bundle, recording_id: str, *kinds: str) -> list[Entry]:
    """Return the entries of some kinds that are about a recording."""
    return [entry for entry in bundle.seal.of_kind(*kinds) if entry.body.get("recording") == recording_id]


def check_recording(bundle: Bundle) -> str:
    """8. The recording is the one that was marked."""
    evidence = bundle.statement.evidence
    if evidence.recording is None:
        raise NotCheckedError(NO_RECORDING)
    marked = _marked(bundle)
    for name, value in _facts(evidence.recording).items():
        if marked.body.get(name) != value:
            raise ValueError(f"{name} is not what was committed to")
    if any(one.heard.segments[-1:] >= (evidence.recording.grid.segments,) for one in evidence.attempts):
        raise ValueError("segments were heard that the recording does not have")
    if evidence.recording.call is not None:
        committed_calls.require_spoken(bundle, evidence.recording, evidence.recording.call)
    trees = Trees()
    for entry in of_recording(bundle, evidence.recording.id, *TREES):
        trees.take(entry)
    if evidence.listeners != trees.size(evidence.recording.id):
        raise ValueError("the number of listeners is not the one committed to")
    return f"{evidence.recording.id}, among {evidence.listeners:,} listeners"


def tree_of(trees: Sequence[Entry], opening: ListenerOpening) -> Entry | None:
    """Return the entry of the first tree that has the place of an opening; None if the opening is of another one."""
    tree = next((one for one in trees if count_of(one.body.get("listeners")) > opening.index), None)
    return tree if tree is not None and tree.body.get("listeners") == opening.size else None


def _facts(recording: RecordingFacts) -> dict[str, Json]:
    alike: dict[str, Json] = {
        "recording": recording.id,
        "detector": recording.detector,
        "coalition": recording.coalition,
        "segment_ms": recording.grid.segment_ms,
    }
    if recording.call is not None:
        return alike | {"slot_ms": recording.call.slot_ms}
    return alike | {"input_sha256": recording.input_sha256, "segments": recording.grid.segments}


def _marked(bundle: Bundle) -> Entry:
    """Return the entry of the recording's marking, or of the call's opening."""
    recording = bundle.statement.evidence.recording
    found = of_recording(bundle, recording.id, MARKED[recording.call is not None]) if recording else []
    if len(found) != 1:
        raise ValueError("the entry of the recording's marking is not here, or there are two")
    return found[0]


def check_biases(bundle: Bundle) -> str:
    """9. The biases are those that were committed to."""
    statement = bundle.statement
    recording, attempts = statement.evidence.recording, statement.evidence.attempts
    if recording is None or not statement.evidence.accusations:
        raise NotCheckedError(NOBODY)
    seed = bytes.fromhex(statement.openings.bias_seed or "")
    if _marked(bundle).body.get("bias_seed_commitment") != commitment(BIAS_SEED, recording.id, seed).hex():
        raise ValueError("the bias seed is not the one committed to")
    for heard in (one.heard for one in attempts):
        drawn = codewords.thresholds(seed, recording.coalition, recording.detector, heard.segments)
        if drawn != list(heard.thresholds):
            raise ValueError("the biases are not those of the bias seed")
    return f"{len({segment for one in attempts for segment in one.heard.segments}):,} segments"


def check_secrets(bundle: Bundle) -> str:
    """10. The secrets of those named, and of nobody else, are opened, and were committed to; each was given a copy."""
    statement = bundle.statement
    recording, opened = statement.evidence.recording, statement.openings.listeners
    if [one.listener for one in opened] != [one.listener for one in statement.evidence.accusations]:
        raise ValueError("not those who are named are opened")
    named, mentioned = [one.listener for one in opened], [one.body.get("listener") for one in mentioning(bundle)]
    if any(one not in named for one in mentioned) or any(one not in mentioned for one in named):
        raise ValueError("copies are mentioned of others than those who are named, or not of all of them")
    if recording is None or not opened:
        raise NotCheckedError(NOBODY)
    for one in opened:
        opening_of(one).verify(recording.id, one.listener, _root(bundle, recording.id, one))
        if recording.call is not None:
            committed_calls.require_signed(bundle, recording.id, one)
    return f"{len(opened)} opened"


def mentioning(bundle: Bundle) -> list[Entry]:
    """Return the entries that mention listeners."""
    return bundle.seal.of_kind(*MENTIONING)


def opening_of(one: ListenerOpening) -> Opening:
    """Return what opens the commitment to a listener's secret."""
    return Opening(bytes.fromhex(one.secret), one.index, one.size, [bytes.fromhex(part) for part in one.path])


def _root(bundle: Bundle, recording_id: str, opening: ListenerOpening) -> bytes:
    """Return the root of the first listeners' tree that has the place of an opening."""
    tree = tree_of(of_recording(bundle, recording_id, *TREES), opening)
    if tree is None:
        raise ValueError("that is not the tree in which the ledger has first committed to them")
    return committed_calls.hexadecimal(tree.body.get("listeners_root"))


def mark_keys_of(bundle: Bundle) -> dict[int | None, bytes]:
    """Return the opened mark keys if they are those committed to: of a call by stream, of a file the one, by None.

    Raises:
        NotCheckedError: none was opened.
        ValueError: one is another one.
    """
    recording, openings = bundle.statement.evidence.recording, bundle.statement.openings
    if recording is None:
        raise NotCheckedError(NO_RECORDING)
    if not openings.marks_opened:
        raise NotCheckedError("the mark key was not opened for this case")
    if recording.call is not None:
        return committed_calls.stream_keys_of(bundle, recording, recording.call)
    key = bytes.fromhex(openings.mark_key or "")
    if _marked(bundle).body.get("mark_key_commitment") != commitment(MARK_KEY, recording.id, key).hex():
        raise ValueError("the mark key is not the one committed to")
    return {None: key}
