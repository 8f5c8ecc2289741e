"""What the fonts of the PDF can draw; all else is written as an escape there, as what is not seen is everywhere.

Typst refuses a document for people who have it read aloud if there is anything in it that no font can draw. Whether one
can is for Typst to say: it is asked about little documents.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from earmark.cases.report.words import escaped

PROBE = rb"""#set text(font: "Libertinus Serif")
#sys.inputs.text *#sys.inputs.text* #text(font: "DejaVu Sans Mono", sys.inputs.text)
#image(bytes(sys.inputs.svg), format: "svg", alt: "-")"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99"><text font-family="sans-serif" y="9">%s</text></svg>'
JOINER = "\u200d"

# What is not ASCII, with the character before it, on which a mark may stand. ASCII can always be drawn.
_RUN = re.compile(r"[!-~]?[^\x00-\x7f]+")
_CLUSTER = re.compile(rf".(?:[\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f{JOINER}]|(?<={JOINER}).)*", re.DOTALL)


def drawable(text: str, instead: Callable[[str], str] = escaped) -> str:
    """Return a text in which ``instead`` stands for every character that no font of the PDF can draw."""
    return _RUN.sub(lambda found: _run(found[0], instead), text)


def drawable_all(value: Any) -> Any:
    """Return what is to be JSON with all texts in it ``drawable``."""
    if isinstance(value, str):
        return drawable(value, _box) if value.startswith("<svg") else drawable(value)
    if isinstance(value, dict):
        return {name: drawable_all(one) for name, one in value.items()}
    return [drawable_all(one) for one in value] if isinstance(value, (list, tuple)) else value


def _box(_: str) -> str:
    return "\u25a1"  # pictures have no room for escapes


@cache
def _run(run: str, instead: Callable[[str], str]) -> str:
    if draws(run):
        return run
    shown = "".join(one if draws(one) else _replaced(one, instead) for one in _CLUSTER.findall(run))
    return shown if draws(shown) else _replaced(run, instead)


def _replaced(text: str, instead: Callable[[str], str]) -> str:
    return "".join(one if one.isascii() else instead(one) for one in text)


@cache
def draws(text: str) -> bool:
    """Tell whether the fonts of the PDF can draw a text, in all of its styles."""
    import typst  # noqa: PLC0415 - 30 MB that only reports need

    if text.isascii():
        return True
    inside = text.replace("&", "&amp;").replace("<", "&lt;")
    try:
        inputs = {"text": text, "svg": SVG % inside}
        typst.compile(
            b'#set document(title: "-")\n' + PROBE,
            format="pdf",
            sys_inputs=inputs,
            ignore_system_fonts=True,
            pdf_standards="ua-1",
        )
    except typst.TypstError:
        return False
    return True
