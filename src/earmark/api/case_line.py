"""What of an exhibit is genuine, as a case states it: ``verify`` on what a trace has found."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10

from threadpoolctl import threadpool_limits

from earmark.api.finding import Found
from earmark.api.progress import Progress
from earmark.api.verifying_files import NO_ORIGINAL, compared_with
from earmark.api.verifying_files import stretches as with_rates
from earmark.cases.facts import Stretch
from earmark.cases.folder import Received
from earmark.records.ledger import acts
from earmark.records.vault import Vault
from earmark.signal.timeline import TimeLine


@dataclass(frozen=True)
class CaseLine:
    """The time line of an exhibit.

    Attributes:
        stretches: they cover all of it, in order.
        notes: what is worth knowing, each a clause that can be printed.
    """

    stretches: tuple[Stretch, ...]
    notes: tuple[str, ...]


def case_line(vault: Vault, exhibit: Received, found: Found, progress: Progress) -> CaseLine:
    """Compare an exhibit with the recording that was found in it, and enter that in the ledger.

    Args:
        vault: has the recording, and its original, if that is sealed in it.
        exhibit: the copy in the case's folder.
        found: the recording, a file's.
        progress: told about the stages "opening" and "comparing".
    """
    recording = vault.recording(found.recording_id)
    with threadpool_limits(1, "blas"):
        line, with_original = compared_with(vault, exhibit.path, recording, found.strands[0], progress)
    edits = len(line.edits)
    vault.enter(acts.verify_run(exhibit.sha256, recording=recording.id, with_original=with_original, edits=edits))
    stretches = tuple(stated(line, with_original=with_original))
    return CaseLine(stretches, () if with_original else (NO_ORIGINAL,))


def stated(line: TimeLine, *, with_original: bool) -> Iterator[Stretch]:
    """Yield the stretches of a time line as a case has them."""
    for one in with_rates(line, with_original=with_original):
        yield Stretch(
            state=one.state,
            leak_start_s=one.leak_start_s,
            leak_end_s=one.leak_end_s,
            recording_start_s=one.recording_start_s,
            recording_end_s=one.recording_end_s,
            missing_s=one.missing_s,
            error_rate_log10=None if one.error_rate is None else log10(one.error_rate),
        )
