"""Verifying: what of a leak is genuine, and what was cut out, moved, or put in.

No codebook and no listener's secret is read for it: what is genuine does not depend on whose copy it was.
"""

import time
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from earmark.api.comparing import recognised
from earmark.api.progress import Progress, silent
from earmark.api.results import Exhibit
from earmark.api.timelines import Account, Verified
from earmark.api.tracing import name_of, received, unheard
from earmark.api.tracks import require_known_rules, tracks_of
from earmark.api.verifying_calls import account_of_call, require_no_original
from earmark.api.verifying_files import account_of_file
from earmark.api.workroom import sweep
from earmark.records.entries import Recording
from earmark.records.ledger import acts
from earmark.records.vault import Vault

OF_SEVERAL = (
    "a trace has found several copies in this leak: error rates are known of leaks of one only, and several in one "
    "look as if words had been replaced"
)


def verify(
    vault: Vault,
    leak: Path,
    *,
    recording: str | None = None,
    original: Path | None = None,
    progress: Progress = silent,
) -> Verified:
    """Tell what of ``leak`` is genuine.

    1. The exhibit is hashed before anything else happens to it, and entered in the ledger.
    2. The recording is found in it by its mark, and from where in the recording each part comes.
    3. With the original at hand, given or sealed in the vault, it is compared with that as well, which shows shorter
       edits, and finds a recording whose mark is too weak, if it is the only one looked for. A leak of a call is
       compared with what its speakers have kept of their words.
    4. Where traces of this very leak have named several listeners, no error rates are told: those are known of leaks of
       one copy, and several in one look as if words had been replaced.
    5. The run is entered in the ledger.

    Args:
        vault: has the recordings.
        leak: any sound file; never changed.
        recording: id or title of the only one to look for; None for all of them.
        original: the very file that was marked; None for the sealed original, if there is one.
        progress: told about the stages "hashing", "listening", "searching", "aligning", "opening" and "comparing".

    Raises:
        UsageError: the recording is unknown.
        MediaError: the leak cannot be read, or ``original`` is not the file that was marked.
        VaultError: the vault cannot be used, or has recordings of a newer version.
    """
    started = time.monotonic()
    sweep(vault.folder)
    recordings = {one.id: one for one in (vault.recordings() if recording is None else [vault.recording(recording)])}
    require_known_rules(recordings.values())
    progress("hashing", 0.0)
    sha256 = received(vault, leak)  # 1.
    keys = vault.keys_of(list(recordings), "verify")
    tracks = tracks_of(vault, list(recordings.values()), keys, "verify")
    with threadpool_limits(1, "blas"):
        heard = recognised(leak, tracks, progress)  # 2.
        if heard.found is not None and heard.found.track.stream is not None:
            require_no_original(original)
            account = account_of_call(vault, leak, heard.strands, progress)  # 3.
        else:
            account = account_of_file(vault, leak, heard, tracks=tracks, original=original, progress=progress)
    if several_copies(vault, sha256, account.recording):
        account = unrated(account)  # 4.
    vault.enter(run(sha256, account))  # 5.
    found = account.recording
    return Verified(
        exhibit=Exhibit(sha256, heard.seconds),
        recording=None if found is None else name_of(found),
        recognised_by=None if found is None else "mark" if heard.found else "sound",
        compared_with="mark and original" if account.with_original else "mark",
        stretches=account.stretches,
        edits_s=account.edits_s,
        error_rates=account.error_rates,
        elapsed_s=time.monotonic() - started,
        notes=(*account.notes, *unheard(leak)),
        speakers=account.speakers,
    )


def several_copies(vault: Vault, sha256: str, recording: Recording | None) -> bool:
    """Tell whether any trace of an exhibit has named several listeners of a recording. Takes no key."""
    traces = vault.ledger.find(acts.TRACE_RUN, sha256) if recording is not None else []
    bodies = [one.body for one in traces if recording is not None and one.body["recording"] == recording.id]
    return any(
        one.get("untold") is True or (isinstance(one["named"], list) and len(one["named"]) > 1) for one in bodies
    )


def unrated(account: Account) -> Account:
    """Return a comparison whose statements are wrong nobody knows how often."""
    stretches = tuple(replace(one, error_rate=None) for one in account.stretches)
    return replace(account, stretches=stretches, error_rates=(), notes=(OF_SEVERAL, *account.notes))


def run(sha256: str, account: Account) -> acts.Act:
    """Return what the ledger says of a verification."""
    recording = None if account.recording is None else account.recording.id
    edits = len(account.edits_s)
    return acts.verify_run(sha256, recording=recording, with_original=account.with_original, edits=edits)
