"""The pictures of the evidence, as SVG: small, without fonts, scripts or references, legible in black and white.

Colours are classes, which the page defines for light, dark and print; a picture that has to stand alone, as in the PDF,
is given them with ``standing_alone``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from earmark.cases.facts import PLACED, Stretch
from earmark.cases.report.words import clock

WIDTH = 720
LEFT, RIGHT = 16, 704
NAME_WIDTH, LONGEST_ROW_NAME, LONGEST_NAME = 130, 17, 32
LINKS = 56
MOST_DOTS = 900
BINS = 40

STYLE = """
text { font-family: sans-serif; font-size: 13px; fill: #1a1d21; }
.faint { fill: #5a6472; } .axis { stroke: #8a94a3; stroke-width: 1; fill: none; }
.found { fill: #1f6feb; stroke: #0b3d91; }
.link { fill: #1f6feb; fill-opacity: 0.18; stroke: #0b3d91; stroke-opacity: 0.5; }
.missing { fill: none; stroke: #8a5200; stroke-width: 1.5; stroke-dasharray: 4 3; }
.fits { fill: #1f6feb; } .misfits { fill: none; stroke: #b3261e; stroke-width: 1.3; }
.crowd { fill: #8a94a3; } .mark { stroke: #b3261e; stroke-width: 2; fill: none; }
"""


def picture(name: str, height: int, title: str, description: str, parts: Iterable[str]) -> str:
    """Return a picture that says in words what it shows."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def standing_alone(svg: str) -> str:
    """Return a picture with its colours in it."""
    start = svg.index(">") + 1
    return f"{svg[:start]}<style>{STYLE}</style>{svg[start:]}"


def element(tag: str, css: str, **values: float | str) -> str:
    """Return an element without content."""
    listed = " ".join(f"{name}={quoteattr(plain(value))}" for name, value in values.items())
    return f'<{tag} class="{css}" {listed}/>'


def text(x: float, y: float, content: str, *, css: str = "", anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text class="{css}" x="{plain(x)}" y="{plain(y)}" text-anchor="{anchor}">{escape(content)}</text>'


def plain(value: float | str) -> str:
    """Return a value as it stands in SVG."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def time_line(
    stretches: Sequence[Stretch], leak_s: float, recording_s: float, speakers: Mapping[str, str] | None = None
) -> str:
    """Return the leak above, the recording below, and which part of one was said where in the other.

    Args:
        stretches: the time line.
        leak_s: length of the leak in seconds.
        recording_s: length of the recording or call in seconds.
        speakers: of a call, what those are called whose words are in the leak, by their ids; each has a row.
    """
    what = "recording" if speakers is None else "call"
    rows = Rows(list(speakers or ()), leak_s, recording_s)
    parts = [
        text(LEFT, 18, f"The leak, {clock(leak_s)}"),
        text(LEFT, rows.height - 9, f"The {what}, {clock(recording_s)}"),
        *(
            text(LEFT, rows.leak_y(one) + 13, shortened(name, LONGEST_ROW_NAME), css="faint row")
            for one, name in (speakers or {}).items()
        ),
        *(
            text(LEFT, rows.recording_y(one) + 13, shortened(name, LONGEST_ROW_NAME), css="faint row")
            for one, name in (speakers or {}).items()
        ),
    ]
    parts += [rows.empty(one) for one in speakers or (None,)]
    parts += [part for one in stretches for part in rows.drawn(one)]
    found = [one for one in stretches if one.state in PLACED]
    description = f"{len(found)} of {len(stretches)} stretches of the leak were found in the {what}. " + " ".join(
        f"{clock(one.leak_start_s)} to {clock(one.leak_end_s)} of the leak is {clock(one.recording_start_s or 0)} to "
        f"{clock(one.recording_end_s or 0)} of the {what}."
        for one in found[:20]
    )
    title = f"Where in the {what} each part of the leak was said"
    return picture("time-line", rows.height, title, description, parts)


class Rows:
    """The rows of a time line: of a file one, of a call one for each speaker, once for the leak and once for the call.

    Args:
        speakers: their ids; empty for a file.
        leak_s: length of the leak in seconds.
        recording_s: length of the recording or call in seconds.
    """

    def __init__(self, speakers: Sequence[str], leak_s: float, recording_s: float) -> None:
        self._places = {one: place for place, one in enumerate(speakers)}
        left = LEFT + (NAME_WIDTH if speakers else 0)
        self._left, self._leak, self._recording = left, Scale(leak_s, left), Scale(recording_s, left)
        self._thick, self._step = (16, 24) if speakers else (30, 30)
        self._deep = self._step * max(1, len(speakers)) + self._thick - self._step
        self.height = 26 + self._deep + LINKS + self._deep + 34

    def leak_y(self, speaker: str | None) -> float:
        """Return where the row of the leak is in which a speaker is."""
        return 26 + self._step * self._places.get(speaker or "", 0)

    def recording_y(self, speaker: str | None) -> float:
        """Return where the row of the recording is in which a speaker is."""
        return self.leak_y(speaker) + self._deep + LINKS

    def empty(self, speaker: str | None) -> str:
        """Return a row of the recording."""
        y = self.recording_y(speaker)
        return element("rect", "axis", x=self._left, y=y, width=RIGHT - self._left, height=self._thick)

    def drawn(self, one: Stretch) -> Iterator[str]:
        """Yield what shows a stretch."""
        start, end, y = self._leak(one.leak_start_s), self._leak(one.leak_end_s), self.leak_y(one.speaker)
        if one.state == "cut here":
            yield element("path", "mark", d=f"M{plain(start)} {plain(y - 6)}V{plain(y + self._thick + 6)}")
            return
        thick = self._deep if self._places and one.speaker is None else self._thick
        css = "found" if one.state in PLACED else "missing"
        yield element("rect", css, x=start, y=y, width=max(end - start, 1.5), height=thick)
        if one.state in PLACED and one.recording_start_s is not None and one.recording_end_s is not None:
            first, last = self._recording(one.recording_start_s), self._recording(one.recording_end_s)
            top, bottom, last = y + self._thick, self.recording_y(one.speaker), max(last, first + 1.5)
            corners = ((start, top), (end, top), (last, bottom), (first, bottom))
            yield element("polygon", "link", points=" ".join(f"{plain(x)},{plain(at)}" for x, at in corners))
            yield element("rect", "found", x=first, y=bottom, width=last - first, height=self._thick)


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name that fits into a picture."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


class Scale:
    """Puts 0 … ``length`` on the width of a picture, from ``left`` on."""

    def __init__(self, length: float, left: float = LEFT) -> None:
        self._length, self._left = max(length, 1e-9), left

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self._left + (RIGHT - self._left) * min(max(value / self._length, 0.0), 1.0)


def agreement(soft: NDArray[np.float64], bits: NDArray[np.int64], name: str, number: int = 0) -> str:
    """Return for each segment heard how surely it speaks for the copy of ``name`` (above the line) or against it.

    ``number`` tells it from others of its kind on a page.
    """
    speaks = soft * (2 * bits - 1)
    step = max(1, -(-len(speaks) // MOST_DOTS))
    shown = speaks[::step]
    reach = max(3.0, float(np.abs(shown).max(initial=0.0)))
    x = np.linspace(LEFT + 4, RIGHT - 4, len(shown))
    y = 110 - 78 * shown / reach
    parts = [
        text(LEFT, 18, f"for the copy of {shortened(name)} ↑", css="faint"),
        text(LEFT, 210, "against it ↓", css="faint"),
        element("path", "axis", d=f"M{LEFT} 110H{RIGHT}"),
        text(RIGHT, 210, "segments heard, in order →", css="faint", anchor="end"),
    ]
    parts += [
        element("circle", "fits" if value > 0 else "misfits", cx=a, cy=b, r=2.4)
        for a, b, value in zip(x, y, shown, strict=True)
    ]
    fits = int((speaks > 0).sum())
    description = f"{fits} of {len(speaks)} segments speak for the copy of {name}, {len(speaks) - fits} against it."
    return picture(
        f"agreement-{number}", 218, f"What was heard, and what the copy of {name} carries", description, parts
    )


def among(innocents: NDArray[np.float64], named: Sequence[tuple[str, float]], number: int = 0) -> str:
    """Return how well all others fit the leak, as a crowd without names, and where those named stand.

    Args:
        innocents: shape (n,), for each how much of the evidence fits, 0 to 1.
        named: a name and the same number for each who is named.
        number: tells it from others of its kind on a page.
    """
    lowest = min([*innocents.tolist(), *(fit for _, fit in named), 0.5])
    counts, edges = np.histogram(innocents, bins=BINS, range=(lowest, 1.0))
    tallest = max(1, int(counts.max(initial=0)))
    place = Scale(1.0 - lowest)
    parts = [element("path", "axis", d=f"M{LEFT} 170H{RIGHT}")]
    for count, low, high in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        start, width, height = place(low - lowest), place(high - lowest) - place(low - lowest), 110 * count / tallest
        parts += [element("rect", "crowd", x=start, y=170 - height, width=width - 1, height=height)] * bool(count)
    for level, (name, fit) in enumerate(named[:5]):
        x, y = place(fit - lowest), 26 + 16 * level
        parts.append(element("path", "mark", d=f"M{plain(x)} {plain(y)}V170"))
        anchor = "end" if x > WIDTH / 2 else "start"
        parts.append(text(x - 6 if anchor == "end" else x + 6, y + 6, f"the copy of {shortened(name)}", anchor=anchor))
    parts += [
        text(LEFT, 195, f"{lowest:.0%} of the evidence fits", css="faint"),
        text(RIGHT, 195, "all of it fits →", css="faint", anchor="end"),
    ]
    listed = ", ".join(f"the copy of {name} fits {fit:.0%}" for name, fit in named)
    others = (
        f"The {len(innocents)} copies not named fit {innocents.min():.0%} to {innocents.max():.0%} of it. "
        if len(innocents)
        else ""
    )
    title = "How well each copy fits what was heard"
    return picture(f"among-{number}", 203, title, f"{others}Of the evidence, {listed}.", parts)
