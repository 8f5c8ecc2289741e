"""Numbers and times in words that a board member reads without help."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from math import floor

SCALES = ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand"))
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LARGEST_POWER = 15

# Controls, invisible directions, surrogates, unassigned characters, and the separators of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def visible(text: str) -> str:
    """Return text from a stranger with every character that is not seen, or turns the line around, as an escape."""
    return "".join(escaped(one) if unicodedata.category(one) in _UNSEEN else one for one in text)


def escaped(character: str) -> str:
    """Return a character by its number."""
    return f"\\u{ord(character):04x}"


def odds(log10: float) -> str:
    """Return an upper bound on a chance as "one in …", rounded towards the larger chance.

    Args:
        log10: decimal logarithm of the bound, at most 0.
    """
    if log10 > -0.31:
        return "one in one"
    power = floor(-log10 + 1e-9)
    if power >= LARGEST_POWER:
        return "one in a thousand trillion"
    digit = floor(10 ** (-log10 - power) + 1e-9)
    exponent, word = next(((e, w) for e, w in SCALES if power >= e), (0, ""))
    count = digit * 10 ** (power - exponent)
    if not word:
        return f"one in {count}"
    return f"one in {'a' if count == 1 else count} {word}"


def figures(log10: float) -> str:
    """Return a bound on a chance in figures, rounded upward: "3.7 × 10⁻²⁷"."""
    exponent = floor(log10)
    tenths = -floor(-(10 ** (log10 - exponent)) * 10 + 1e-6)
    if tenths >= 100:
        exponent, tenths = exponent + 1, 10
    power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
    if tenths == 10:
        return power if exponent else "1"
    return f"{tenths / 10:.1f}\u00a0×\u00a0{power}"


def share(log10: float) -> str:
    """Return a measured share, which is no bound, in per cent, rounded upward: "0.75 %"."""
    hundredths = max(1, -floor(-(10 ** (min(0.0, log10) + 4)) + 1e-6))
    return f"{hundredths / 100:.10g}\u00a0%"


def clock(seconds: float) -> str:
    """Return a time in a recording: minutes, seconds and tenths, with hours where there are any."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest / 10:04.1f}" if hours else f"{minutes}:{rest / 10:04.1f}"


def span(start_s: float, end_s: float) -> str:
    """Return a stretch of time."""
    return f"{clock(start_s)} to {clock(end_s)}"


def length(seconds: float) -> str:
    """Return a length of time in words."""
    if seconds < 60:
        return f"{seconds:.1f} seconds"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def day(time: str) -> str:
    """Return a time of the ledger in words, in UTC."""
    moment = datetime.fromisoformat(time)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def size(count: int) -> str:
    """Return a number of bytes in words."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def caution(names: Sequence[str]) -> tuple[str, ...]:
    """Return, in sentences, what is to be feared where the own words of those named are in a leak of a call as well."""
    one, who = len(names) == 1, listed(list(names))
    whose = f"{who}’s own words are" if one else f"the own words of {who} are"
    sent = f"{who} is not sent them" if one else "nobody is sent their own"
    through = f"{who}’s loudspeaker played may have come into it through {who}’s microphone, without {who}’s doing"
    if not one:
        through = "a loudspeaker of theirs played may have come into it through their microphone, without their doing"
    return (
        f"Caution: {whose} in this leak as well, and {sent}.",
        f"What {through}.",
        "The bound does not cover that: listen whether the others sound like an echo there.",
    )


UNTOLD = (
    "One or more people whose own words are in this leak are not told: what names them may have come through their "
    "microphones."
)
"""What is said where the evidence names more than are told."""


def listed(names: list[str]) -> str:
    """Return names as a list in a sentence."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""
