"""How much sound a leak may hold: a few bytes of some codecs are days of silence, and all of it would be listened to.

Everything else takes as much memory and time as there is sound, whatever the size of the file.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import av
from av.audio.stream import AudioStream

from earmark.errors import MediaError
from earmark.media.samples import Block
from earmark.media.source import longest_stream, open_sound

LONGEST_S = 24 * 3600
"""Listening takes some 35 kB of memory for each second."""


def require_bounded(path: Path) -> None:
    """Raise a MediaError if the packets of a leak say that it holds more than ``LONGEST_S``; none is decoded for it.

    What they say may be wrong; therefore whoever decodes them counts as well (``bounded``).
    """
    with open_sound(path) as container:
        stream = longest_stream(container, path)
        most = LONGEST_S / float(stream.time_base or 1)
        try:
            if any(ticks > most for ticks in accumulate(lengths(container.demux(stream)))):
                raise too_long(path)
        except av.FFmpegError:
            return  # as far as it goes


def lengths(packets: "Iterable[av.Packet[AudioStream]]") -> Iterator[int]:
    """Yield how long each packet is, or, where it does not say so, how far it is from the one before; in ticks."""
    last = None
    for packet in packets:
        since = 0 if last is None or packet.pts is None else max(0, packet.pts - last)
        last = packet.pts if packet.pts is not None else last
        yield packet.duration or since


def bounded(blocks: Iterable[Block], rate: int, path: Path) -> Iterator[Block]:
    """Yield blocks of (channels, samples) until they are more than ``LONGEST_S``.

    Raises:
        MediaError: they are.
    """
    samples = 0
    for block in blocks:
        samples += block.shape[1]
        if samples > LONGEST_S * rate:
            raise too_long(path)
        yield block


def too_long(path: Path) -> MediaError:
    """Return the error for a file with too much sound in it."""
    return MediaError(
        f"{path} holds more than {LONGEST_S // 3600} hours of sound, however few bytes they take",
        "Cut out the hours that matter, and listen to those.",
    )
