"""Making a case: what was found out about a leak, in a folder that a stranger can check."""

import base64
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from earmark import __version__
from earmark.api.bounds import DEFAULT_BOUND
from earmark.api.case_line import CaseLine, case_line
from earmark.api.case_results import CaseMade
from earmark.api.delivery import codebook_of
from earmark.api.evidencing import Book, checkable, evidence_of, named_in, recording_facts
from earmark.api.progress import Progress, silent
from earmark.api.results import RecordingName
from earmark.api.sealing import Openers, sealed
from earmark.api.sealing_calls import call_facts
from earmark.api.tracing import Tracing, traced
from earmark.api.tracks import opened_secrets
from earmark.cases.bundle import File, Openings, Statement
from earmark.cases.computed import Bits, codewords_at, innocents
from earmark.cases.evidence import Evidence
from earmark.cases.evidence import written as evidence_text
from earmark.cases.facts import ExhibitFacts, RecordingFacts
from earmark.cases.folder import BUNDLE, EVIDENCE, PAGE, PAPER, Received, file_facts, new_folder, put, receive, reserved
from earmark.cases.report.first_page import Background
from earmark.cases.report.page import page
from earmark.cases.report.paper import paper
from earmark.cases.report.story import told
from earmark.cases.report.words import visible
from earmark.errors import MediaError, UsageError
from earmark.media.source import probe, require_file
from earmark.records.entries import Recording
from earmark.records.vault import Vault

LONGEST_TITLE = 200
ID_BYTES = 5

WITHHELD = (
    "“earmark trace” would name more, but by tests that take others to have leaked who cannot be named, or with bounds "
    "so close to what is allowed that another computer might find them above that; a case names only whom a stranger "
    "can check"
)
NO_KEY = "nobody is named, so that no mark key was opened"
UNLUCKY = (
    "number 14 of “earmark case check” fails, as it does by chance for up to one honest case in a thousand, and will "
    "for every case of this leak: say so to whoever checks it"
)


def new_case(
    vault: Vault,
    leak: Path,
    out: Path | None = None,
    *,
    title: str | None = None,
    recording: str | None = None,
    original: Path | None = None,
    family_wise: float = DEFAULT_BOUND,
    open_mark_key: bool = False,
    progress: Progress = silent,
    randomness: Callable[[int], bytes] = os.urandom,
) -> CaseMade:
    """Make a case of ``leak``: copy and hash it, trace it, verify it, report on it, and seal all that with the ledger.

    It is compared with the original if that is given or sealed in the vault, and else with the mark alone; a leak of a
    call with what its speakers have kept of their words.

    Args:
        vault: has the recordings.
        leak: any sound file; never changed.
        out: the folder to make; named after the case, in the current folder, if None.
        title: for people; after the recording if None.
        recording: id or title of the only one to look for; None for all of them.
        original: the very file that was marked; None for the sealed original, if there is one.
        family_wise: the allowed chance that any innocent listener is named, in (0, 1).
        open_mark_key: let whoever has the bundle compute the evidence anew, if somebody is named. They can then also
            find and remove marks.
        progress: told about the stages of ``trace``, and "copying", "opening", "comparing" and "writing".
        randomness: gives that many bytes for the case's id.

    Raises:
        UsageError: an argument makes no sense, or ``out`` is there already.
        MediaError: the leak cannot be read, or ``original`` is not the file that was marked.
        CaseError: the folder cannot be written.
        VaultError: the vault cannot be used.
    """
    if title is not None and not 0 < len(title.strip()) <= LONGEST_TITLE:
        raise UsageError(f"a title has 1 to {LONGEST_TITLE} characters", "Give another one, or none.")
    for file in (leak, original):
        if file is not None:
            require_file(file)
    case = "c-" + base64.b32encode(randomness(ID_BYTES)).decode().lower()
    with new_folder(out or Path(case)) as folder:
        progress("copying", 0.0)
        received = receive(leak, folder)
        tracing = traced(
            vault, received.path, family_wise=family_wise, recording=recording, progress=progress, vet=checkable
        )
        require_same(received, tracing)
        line = case_line(vault, received, tracing.judged, original, progress)
        progress("writing", 0.0)
        work = Work.of(vault, case, title, received, tracing, line=line)
        openings = work.opened(mark_key=open_mark_key)
        files = work.report(folder)
        statement = Statement(
            case=case,
            title=work.title,
            made_at=tracing.entry.time,
            made_by=f"earmark {__version__}",
            evidence=work.evidence,
            openings=openings,
            files=files,
        )
        with reserved(out or Path(case)):
            put(folder / BUNDLE, sealed(vault, statement, tracing.entry))
        progress("writing", 1.0)
    opened = openings.marks_opened
    said = (*((NO_KEY,) if open_mark_key and not opened else ()), *((UNLUCKY,) if unlucky(work.evidence) else ()))
    return work.made(out or Path(case), tracing, mark_key_opened=opened, notes=said)


def unlucky(evidence: Evidence) -> bool:
    """Tell whether those not named are further from what chance gives than is allowed, as now and then they are."""
    if not evidence.accusations:
        return False
    found = innocents(evidence)
    return found.off > found.allowed


def require_same(received: Received, tracing: Tracing) -> None:
    """Raise a MediaError unless what was traced is what was received."""
    if tracing.result.exhibit.sha256 != received.sha256:
        raise MediaError(f"{received.path.name} was changed while it was traced", "Keep other programs from it.")


@dataclass(frozen=True)
class Work:
    """A case in the making.

    Attributes:
        case: its id.
        title: for people.
        evidence: what was found.
        recording: what leaked; None if unmarked.
        tracing: what it rests on.
        openers: what opens commitments.
        book: the codebook; None if nobody was named.
        vault: keeps the records.
        line: the time line; None if unmarked.
    """

    case: str
    title: str
    evidence: Evidence
    recording: Recording | None
    tracing: Tracing
    openers: Openers
    book: Book | None
    vault: Vault
    line: CaseLine | None

    @classmethod
    def of(
        cls,
        vault: Vault,
        case: str,
        title: str | None,
        received: Received,
        tracing: Tracing,
        *,
        line: CaseLine | None,
    ) -> "Work":
        """Return the case of an exhibit."""
        result = tracing.result
        recording = vault.recording(result.recording.id) if result.recording else None
        exhibit = ExhibitFacts(
            sha256=received.sha256,
            bytes=received.bytes,
            name=visible(received.name),
            seconds=result.exhibit.seconds,
            streams=probe(received.path).audio_streams,
        )
        openers = Openers(vault, recording, tracing.entry, len(tracing.judged.listeners))
        book = _book(vault, recording, tracing.judged.listeners) if recording and result.named else None
        stretches = line.stretches if line else None
        facts = _facts(vault, recording, tracing) if recording else None
        evidence = evidence_of(tracing, exhibit, facts, book, time_line=stretches)
        called = title or (f"Leak of “{recording.title}”" if recording else f"Exhibit “{exhibit.name}”")
        return cls(case, visible(called), evidence, recording, tracing, openers, book, vault, line)

    def opened(self, *, mark_key: bool) -> Openings:
        """Open what those named were committed to by, and the mark keys if they are wanted."""
        bias_seed = self.book.codebook.bias_seed if self.book else None
        return self.openers.opened(self.evidence, bias_seed, mark_key=mark_key)

    def report(self, folder: Path) -> tuple[File, ...]:
        """Write the report and the evidence; return what they are known by."""
        dealt = self.book.secrets if self.book else {}
        secrets = {one.listener: dealt[one.listener] for one in self.evidence.accusations}
        story = told(self.evidence, self._background(codewords_at(self.evidence, secrets)))
        contents = {EVIDENCE: evidence_text(self.evidence), PAGE: page(story), PAPER: paper(story)}
        for name, content in contents.items():
            put(folder / name, content)
        return tuple(file_facts(name, content) for name, content in contents.items())

    def _background(self, codewords: Sequence[Bits]) -> Background:
        listeners = self.vault.listeners(self.recording.id) if self.recording else []
        named = {one.listener for one in self.evidence.accusations}
        call = self.evidence.recording.call if self.evidence.recording else None
        speakers = {one.speaker for one in call.streams} if call else set()
        return Background(
            case=self.case,
            title=self.title,
            made_at=self.tracing.entry.time,
            made_by=f"earmark {__version__}",
            received_at=self.openers.received(self.evidence.exhibit.sha256).time,
            marked_at=self.openers.marked_at,
            given_at={name: entry.time for name, entry in self.openers.given.items() if name in named},
            names={one.id: visible(one.name) for one in listeners if one.id in named | speakers},
            codewords=codewords,
            public_key=self.vault.ledger.head().public_key.hex(),
            traced_before=tuple(self.openers.traced_before(self.evidence.exhibit.sha256)),
            untold=self.tracing.result.untold,
        )

    def made(self, folder: Path, tracing: Tracing, *, mark_key_opened: bool, notes: Sequence[str]) -> CaseMade:
        """Return what has come of it."""
        return CaseMade(
            case=self.case,
            title=self.title,
            verdict=self.evidence.verdict,
            folder=folder,
            exhibit=self.evidence.exhibit.sha256,
            recording=None if self.recording is None else RecordingName(self.recording.id, self.recording.title),
            named=named_in(self.evidence),
            family_wise=self.evidence.family_wise,
            untold=tracing.result.untold,
            mark_key_opened=mark_key_opened,
            notes=(
                *tracing.result.notes,
                *((WITHHELD,) if tracing.judged.withheld else ()),
                *notes,
                *(self.line.notes if self.line else ()),
            ),
        )


def _book(vault: Vault, recording: Recording, listeners: Sequence[str]) -> Book:
    """Return the codebook, opened for the case, with those it had when the leak was traced."""
    keys, secrets = vault.keys(recording.id, "case"), opened_secrets(vault, recording, "case")
    return Book(codebook_of(recording, keys), {name: secrets[name] for name in listeners})


def _facts(vault: Vault, recording: Recording, tracing: Tracing) -> RecordingFacts:
    """Return what the case says of a recording, or of a call."""
    return recording_facts(
        recording, call_facts(vault, recording, tracing.judged) if recording.kind == "call" else None
    )
