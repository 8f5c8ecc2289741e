"""From a recording in the vault to copies in their places.

A copy's record is in the vault before the copy has its name, so a run may end anywhere: there may be a record without a
copy, never a copy without a record.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.api.places import Places
from earmark.api.progress import Progress, watched
from earmark.codes.codebook import Codebook
from earmark.media.pieces import Pieces, build_pieces
from earmark.media.reading import read_blocks
from earmark.media.source import SoundInfo
from earmark.media.target import Target
from earmark.records.entries import Recording, RecordingKeys
from earmark.records.ledger.acts import Purpose
from earmark.records.vault import Vault
from earmark.signal.layout import Layout
from earmark.signal.patterns import Patterns
from earmark.signal.variants import Renderer


def codebook_of(recording: Recording, keys: RecordingKeys) -> Codebook:
    """Return the code of a recording."""
    return Codebook(recording.id.encode(), keys.bias_seed, recording.coalition, recording.segments, recording.detector)


def patterns_of(recording: Recording, keys: RecordingKeys) -> Patterns:
    """Return the patterns of a recording."""
    return Patterns(keys.mark_key, Layout(recording.segment_ms, recording.slot_ms))


def render(
    recording: Recording, keys: RecordingKeys, info: SoundInfo, target: Target, *, work: Path, progress: Progress
) -> Pieces:
    """Render both variants into ``work``.

    Args:
        recording: what is rendered.
        keys: its keys.
        info: its original.
        target: what copies look like.
        work: a private folder, needed until the copies are made.
        progress: told about the stage "rendering".
    """
    renderer = Renderer(patterns_of(recording, keys), recording.grid, info.rate, recording.depth)
    blocks = watched(read_blocks(info), recording.seconds * recording.rate, "rendering", progress)
    return build_pieces(renderer.render(blocks), info=info, target=target, grid=recording.grid, work=work)


def deliver(
    vault: Vault,
    recording: Recording,
    keys: RecordingKeys,
    pieces: Pieces,
    places: Places,
    *,
    overwrite: bool,
    purpose: Purpose,
    progress: Progress,
) -> None:
    """Make the copies that are missing: each is recorded, which enters it in the ledger, then given its name.

    Raises:
        MediaError: a copy cannot be written, or something came to be in its place meanwhile.
    """
    with closing(pieces.copies(_orders(vault, recording, keys, places, purpose), os.cpu_count() or 1)) as finished:
        for number, (place, copy) in enumerate(zip(places.missing, finished, strict=True)):
            progress("copying", number / len(places.missing))
            vault.record_copy(
                recording.id, place.listener, path=place.path, sha256=copy.sha256, container=pieces.target.format
            )
            copy.commit(overwrite=overwrite)
    progress("copying", 1.0)


def _orders(
    vault: Vault, recording: Recording, keys: RecordingKeys, places: Places, purpose: Purpose
) -> Iterator[tuple[NDArray[np.uint8], Path]]:
    secrets, codebook = vault.secrets(recording.id, purpose), codebook_of(recording, keys)
    for place in places.missing:
        yield codebook.codeword(secrets[place.listener]), place.path
