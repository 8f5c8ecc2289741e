"""FFmpeg's own filters, on sound in memory."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from earmark.attacks.sound import Floats, Sound
from earmark.media.encoders import USUAL_LAYOUT

Filter = tuple[str, str]
"""FFmpeg's name of a filter and its options."""


def filtered(sound: Sound, *filters: Filter) -> Sound:
    """Return ``sound`` sent through filters, one after the other; its channels stay alike."""
    layout = USUAL_LAYOUT[sound.channels]
    graph = connected(sound.rate, layout, filters)
    pieces: list[Floats] = []
    for frame in [*frames(sound, layout), None]:
        graph.push(frame)
        pieces.extend(ready(graph, sound.channels))
    return sound.holding(np.concatenate([np.zeros((sound.channels, 0), np.float32), *pieces], axis=1))


def connected(rate: int, layout: str, filters: tuple[Filter, ...]) -> Graph:
    """Return a graph from a source through ``filters`` to a sink; samples of all channels lie side by side in it."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout=layout, time_base=Fraction(1, rate))
    middle = [graph.add(name, options) for name, options in filters]
    packed = graph.add("aformat", f"sample_fmts=flt:channel_layouts={layout}:sample_rates={rate}")
    graph.link_nodes(source, *middle, packed, graph.add("abuffersink")).configure()
    return graph


def frames(sound: Sound, layout: str) -> Iterator[AudioFrame]:
    """Yield ``sound`` in frames of a second."""
    for start in range(0, sound.length, sound.rate):
        words = np.ascontiguousarray(sound.samples[:, start : start + sound.rate].T).reshape(1, -1)
        frame = AudioFrame.from_ndarray(words, "flt", layout)
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
