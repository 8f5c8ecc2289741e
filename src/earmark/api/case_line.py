"""What of an exhibit is genuine, as a case states it: ``verify`` on what a trace has found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log10
from pathlib import Path

from threadpoolctl import threadpool_limits

from earmark.api.comparing import Recognised, recognised
from earmark.api.finding import Found
from earmark.api.progress import Progress
from earmark.api.timelines import Account, StretchTimes
from earmark.api.tracing import Judged
from earmark.api.verifying import run, several_copies, unrated
from earmark.api.verifying_calls import account_of_call, require_no_original
from earmark.api.verifying_files import account_of_file
from earmark.cases.facts import Stretch
from earmark.cases.folder import Received
from earmark.records.vault import Vault

NOT_COMPARED = (
    "the leak was not compared with the call: too little of it runs straight for statements whose error rates are known"
)
OF_SEVERAL = (
    "the leak was not compared with the call: it is of several copies, and error rates are known of leaks of one only"
)


@dataclass(frozen=True)
class CaseLine:
    """The time line of an exhibit.

    Attributes:
        stretches: they cover all of it, in order; None where it could not be compared with what was found in it.
        notes: what is worth knowing, each a clause that can be printed.
    """

    stretches: tuple[Stretch, ...] | None
    notes: tuple[str, ...]


def case_line(
    vault: Vault, exhibit: Received, judged: Judged, original: Path | None, progress: Progress
) -> CaseLine | None:
    """Compare an exhibit with what was found in it, and enter that in the ledger.

    Args:
        vault: has the recording, and its original, if that is sealed in it; of a call what speakers have kept.
        exhibit: the copy in the case's folder.
        judged: what was found, and who is named.
        original: the very file that was marked; None for the sealed one, if there is one.
        progress: told about the stages "opening" and "comparing".

    Returns:
        None if nothing was found.

    Raises:
        MediaError: ``original`` is not the file that was marked, or a call leaked.
        VaultError: what a speaker has kept is not what the ledger says.
    """
    found = judged.found
    if found is None:
        return None
    if found.streams:
        require_no_original(original)
        if len(judged.accused) > 1 or judged.untold:
            return CaseLine(None, (OF_SEVERAL,))
    with threadpool_limits(1, "blas"):
        account = account_of(vault, exhibit.path, found, original, progress)
    if account is None:
        return CaseLine(None, (NOT_COMPARED,))
    if several_copies(vault, exhibit.sha256, account.recording):
        account = unrated(account)
    vault.enter(run(exhibit.sha256, account))
    return CaseLine(tuple(stated(account.stretches)), account.notes)


def account_of(vault: Vault, leak: Path, found: Found, original: Path | None, progress: Progress) -> Account | None:
    """Compare a leak with the file or the call that was found in it; streams are followed as ``verify`` does.

    Returns:
        None where ``verify`` would not find the call: how often statements are wrong was measured of what it finds, so
        that there would be no knowing how often others are.
    """
    if found.strands[0].track.stream is not None:
        straight = recognised(leak, [strand.track for strand in found.strands], progress).strands
        return account_of_call(vault, leak, straight, progress) if straight else None
    heard = Recognised(0.0, found.strands)
    return account_of_file(vault, leak, heard, tracks=[found.strands[0].track], original=original, progress=progress)


def stated(stretches: Iterable[StretchTimes]) -> Iterator[Stretch]:
    """Yield the stretches of a time line as a case has them."""
    for one in stretches:
        yield Stretch(
            state=one.state,
            leak_start_s=one.leak_start_s,
            leak_end_s=one.leak_end_s,
            recording_start_s=one.recording_start_s,
            recording_end_s=one.recording_end_s,
            missing_s=one.missing_s,
            error_rate_log10=None if one.error_rate is None else log10(one.error_rate),
            speaker=one.speaker,
        )
