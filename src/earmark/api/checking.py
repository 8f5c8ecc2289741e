"""Checking a case as an outsider: without a vault, with the bundle and what lies beside it."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from earmark.api.case_results import CaseChecked, CheckResult
from earmark.api.evidencing import named_in
from earmark.api.finding import DETECTOR, Sought, hear
from earmark.api.looking import Track
from earmark.api.progress import Progress, silent
from earmark.cases.again import Again
from earmark.cases.bundle import Bundle
from earmark.cases.checking import Keys, Known, checked
from earmark.cases.checklist import NotCheckedError, holds
from earmark.cases.facts import RecordingFacts
from earmark.cases.folder import BUNDLE, CaseError
from earmark.errors import InputError, MediaError, UsageError
from earmark.grid import BLOCK_SEGMENTS, Grid
from earmark.media.source import require_file
from earmark.records.ledger.canonical import parse_object
from earmark.records.ledger.heads import SignedHead, parse_head
from earmark.records.ledger.proofs import Consistency, parse_consistency

LONGEST_PROOF_BYTES = 1 << 16
MOST_CELLS = 150_000_000
"""More than 24 hours of a file, 12 of a call: patterns take memory, and a stranger says here how long it is."""


def check_case(
    bundle: Path,
    *,
    exhibit: Path | None = None,
    head: Path | None = None,
    proof: Path | None = None,
    progress: Progress = silent,
) -> CaseChecked:
    """Check a bundle by the numbered list, of which every check passes, fails, or cannot be made.

    Args:
        bundle: the file, or the case's folder.
        exhibit: the leak; None for the copy beside the bundle.
        head: a file with a head of the ledger that is known from elsewhere.
        proof: a file with the proof that it and the bundle's head are of one ledger, where their sizes differ.
        progress: told about the stages of listening, where the mark key was opened.

    Raises:
        CaseError: the bundle cannot be read.
        MediaError: the exhibit that is given cannot be read.
        InputError: the head or the proof cannot be read.
        UsageError: one of these makes no sense.
    """
    if exhibit is not None:
        require_file(exhibit)
    path = bundle / BUNDLE if bundle.is_dir() else bundle
    known = Known(exhibit, *_known(head, proof))
    try:
        found, checks = checked(path, known, partial(hear_again, progress=progress))
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror}", "Name a bundle, or a case's folder.") from error
    results = tuple(CheckResult(**asdict(one)) for one in checks)
    if found is None:
        return CaseChecked(path, None, None, None, (), None, False, results)
    statement = found.statement
    return CaseChecked(
        bundle=path,
        case=statement.case,
        title=statement.title,
        verdict=statement.evidence.verdict,
        named=named_in(statement.evidence) if holds(checks) else (),
        public_key=found.seal.head.public_key.hex(),
        holds=holds(checks),
        checks=results,
    )


def hear_again(exhibit: Path, keys: Keys, bundle: Bundle, progress: Progress = silent) -> list[Again]:
    """Compute the evidence anew from an exhibit and opened mark keys: all that may be put to the codebook."""
    evidence = bundle.statement.evidence
    if evidence.recording is None:
        raise NotCheckedError("no recording was found")
    if evidence.recording.detector > DETECTOR:
        raise NotCheckedError("the recording was marked by a newer version of Earmark")
    tracks, call = list(tracks_of(evidence.recording, keys)), evidence.recording.call
    if any(track.grid.segments * track.layout.cells > MOST_CELLS for track in tracks):
        raise NotCheckedError("the recording is too long to be looked for here")
    sought = Sought(max(len(tracks), evidence.tracks), call.sought - 1 if call else 0)
    try:
        heard = hear(exhibit, tracks, progress, sought)
    except MediaError as error:
        raise ValueError(str(error)) from error
    return [
        Again(
            one.streams or None, one.evidence.segments, one.evidence.soft, one.evidence.amplitude, min(1.0, one.share)
        )
        for one in heard.found
    ]


def tracks_of(recording: RecordingFacts, keys: Keys) -> Iterator[Track]:
    """Yield what is to be looked for: a file, or the streams of a call."""
    grid = recording.grid
    if recording.call is None:
        yield Track(recording.id, keys[None], Grid(grid.segment_ms, grid.segments))
        return
    for one in recording.call.streams:
        own = Grid(grid.segment_ms, len(one.blocks) * BLOCK_SEGMENTS)
        yield Track(recording.id, keys[one.stream], own, recording.call.slot_ms, one.stream, one.blocks)


def _known(head: Path | None, proof: Path | None) -> tuple[SignedHead | None, Consistency | None]:
    """Return a head and a proof out of files."""
    try:
        return (
            None if head is None else parse_head(_short(head)),
            None if proof is None else parse_consistency(parse_object(_short(proof))),
        )
    except ValueError as error:
        raise UsageError(f"this is no head or proof of a ledger: {error}", "“earmark ledger” prints both.") from error


def _short(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_PROOF_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check the path.") from error
