r"""What happened to a leak as a whole: what the recording would sound like after it.

It is foretold from the recording's log-powers Y: a room lets powers die away (``Channel.tail``, ``Channel.decay``),
loudspeaker and codec colour each band, and nothing gets below the leak's noise,

    Ŷ(t, b) = ln(exp(colour_b + smeared Y(t, b)) + noise_b).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # loads scipy.signal when it is used, so that no other command waits for it
from numpy.typing import NDArray

from earmark.signal.alignment import Passage
from earmark.signal.correlation import Floats
from earmark.signal.spectrum import HOPS_PER_SLOT

DECAYS_S = (0.3, 0.5, 0.8)
TAILS = (0.5, 1.0, 2.0)
FITTED = 4000
FITTED_S = 40.0
LEAD_S = 1.0

LogPowers = NDArray[np.float16]


@dataclass(frozen=True)
class Channel:
    """What happened to the leak as a whole.

    Attributes:
        decay: by what part power dies away in a frame; 0 for no room.
        tail: how much of it does so, against what arrives directly.
        colour: what is added to each band's log-power; shape (72,).
        noise: log-power that is always there in each band; shape (72,).
    """

    decay: float
    tail: float
    colour: Floats
    noise: Floats

    def foretold(self, log_power: Floats) -> Floats:
        """Return what log-powers (frames, 72) of the recording become."""
        told: Floats = np.logaddexp(smeared(log_power, self.decay, self.tail) + self.colour, self.noise)
        return told.astype(np.float32)


def smeared(log_power: Floats, decay: float, tail: float) -> Floats:
    """Return log-powers with a tail that dies away by ``decay`` each frame."""
    if not tail:
        return log_power
    power = np.exp(log_power.astype(np.float64))
    late = scipy.signal.lfilter([0.0, 1 - decay], [1.0, -decay], power, axis=0)
    mixed: Floats = np.log(power + tail * late).astype(np.float32)
    return mixed


def fitted(leak: LogPowers, original: LogPowers, hops: int, passages: Sequence[Passage], hop_s: float) -> Channel:
    """Return the channel that foretells the passages of a leak best.

    Args:
        leak: log-powers of the leak; shape (frames, 72).
        original: of the recording; likewise.
        hops: frames of a segment.
        passages: that surely are in the leak; the longest one is looked at.
        hop_s: seconds of a frame.
    """
    noise = np.quantile(leak[:: 1 + len(leak) // FITTED].astype(np.float32), 0.1, axis=0).astype(np.float32)
    longest = max(passages, key=lambda passage: len(passage.segments))
    some = slice(0, round(FITTED_S / hop_s / hops))
    frames, segments = longest.frames[some] + HOPS_PER_SLOT, longest.segments[some]
    first = max(0, hops * int(segments[0]) - round(LEAD_S / hop_s))
    said = original[first : hops * int(segments[-1] + 1)].astype(np.float32)
    places = hops * segments + HOPS_PER_SLOT - first
    inside = (frames >= 0) & (frames < len(leak)) & (places < len(said))
    heard, places = leak[frames[inside]].astype(np.float32), places[inside]
    if not len(heard):
        return Channel(0.0, 0.0, np.zeros(leak.shape[1], np.float32), noise)
    rooms = [(0.0, 0.0), *((float(np.exp(-13.8 * hop_s / decay)), tail) for decay in DECAYS_S for tail in TAILS)]
    tries = [tried(heard, smeared(said, *room)[places], noise, room) for room in rooms]
    return min(tries, key=lambda one: one[0])[1]


def tried(heard: Floats, told: Floats, noise: Floats, room: tuple[float, float]) -> tuple[float, Channel]:
    """Return how far off a room's channel is on the average, and that channel."""
    loud = told >= np.median(told, axis=0)
    colour = np.array([np.median((heard - told)[loud[:, band], band]) for band in range(heard.shape[1])], np.float32)
    off = np.abs(heard - np.logaddexp(told + colour, noise)).mean()
    return float(off), Channel(*room, colour, noise)
