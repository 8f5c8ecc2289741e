"""FFmpeg's own filters, on sound in memory."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from earmark.attacks.sound import Floats, Sound, gathered
from earmark.media.encoders import USUAL_LAYOUT

Filter = tuple[str, str]
"""FFmpeg's name of a filter and its options."""


def filtered(sound: Sound, *filters: Filter) -> Sound:
    """Return ``sound`` sent through filters, one after the other; its channels stay alike."""
    layout = USUAL_LAYOUT[sound.channels]
    graph = connected(sound.rate, layout, filters)
    return sound.holding(gathered(through(graph, sound, layout), sound.channels, sound.length))


def through(graph: Graph, sound: Sound, layout: str) -> Iterator[Floats]:
    """Yield what comes out of the graph."""
    for frame in chain(frames(sound, layout), [None]):
        graph.push(frame)
        yield from ready(graph, sound.channels)


def connected(rate: int, layout: str, filters: tuple[Filter, ...]) -> Graph:
    """Return a graph from a source through ``filters`` to a sink; samples of all channels lie side by side in it."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout=layout, time_base=Fraction(1, rate))
    middle = [graph.add(name, options) for name, options in filters]
    packed = graph.add("aformat", f"sample_fmts=flt:channel_layouts={layout}:sample_rates={rate}")
    graph.link_nodes(source, *middle, packed, graph.add("abuffersink")).configure()
    return graph


def frames(sound: Sound, layout: str, most: float = np.inf) -> Iterator[AudioFrame]:
    """Yield ``sound`` in frames of a second, clipped to ``most``."""
    for start in range(0, sound.length, sound.rate):
        words = np.clip(sound.samples[:, start : start + sound.rate].T, -most, most)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(words).reshape(1, -1), "flt", layout)
        frame.sample_rate, frame.time_base, frame.pts = sound.rate, Fraction(1, sound.rate), start
        yield frame


def ready(graph: Graph, channels: int) -> Iterator[Floats]:
    """Yield what the graph has finished."""
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield np.asarray(frame.to_ndarray(), np.float32).reshape(-1, channels).T
