"""What a kind of effect is, and how the text after its colon becomes an effect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from earmark.attacks.amounts import Span, shown
from earmark.attacks.drawing import Drawing, Drawn, Effect, Measured, Plain
from earmark.attacks.sound import Sound
from earmark.errors import UsageError


@dataclass(frozen=True)
class Kind:
    """A kind of effect.

    Attributes:
        name: before the colon.
        usage: how it is written, with an amount.
        help: what it does, in a line.
        parse: returns the effect for the text after the colon; raises a UsageError.
        in_step: whether every sample stays where it was.
    """

    name: str
    usage: str
    help: str
    parse: Callable[[str], Effect]
    in_step: bool = True


def plain(name: str, help_text: str, function: Callable[[Sound], Sound], *, in_step: bool = True) -> Kind:
    """Return a kind without an amount, of which nothing is left to chance."""
    return Kind(name, name, help_text, lambda text: bare(name, text, Plain(function)), in_step)


def drawn(name: str, help_text: str, function: Callable[[Sound, Drawing], Sound]) -> Kind:
    """Return a kind without an amount."""
    return Kind(name, name, help_text, lambda text: bare(name, text, Drawn(function)))


def measured(
    usage: str, help_text: str, function: Callable[[Sound, Drawing, float], Sound], span: Span, *, in_step: bool = True
) -> Kind:
    """Return a kind with an amount."""
    name = usage.partition(":")[0]
    return Kind(name, usage, help_text, lambda text: Measured(function, span.parse(name, text)), in_step)


def coded(usage: str, help_text: str, codec: Callable[[float], Effect], span: Span) -> Kind:
    """Return a codec with a bit rate in kb/s."""
    name = usage.partition(":")[0]
    return Kind(name, usage, help_text, lambda text: codec(span.number(name, text or default(span))))


def default(span: Span) -> str:
    """Return the usual amount as it is written."""
    return "" if span.usual is None else f"{span.usual:g}{span.unit}"


def bare(name: str, text: str, effect: Effect) -> Effect:
    """Return ``effect``; raise a UsageError if there is an amount."""
    if text:
        raise UsageError(f"{name!r} takes no amount, and {shown(text)} was given", f"Write {name} alone.")
    return effect


def worded(name: str, help_text: str, choices: Mapping[str, Effect]) -> Kind:
    """Return a kind with one of some words, of which the empty one is for none."""

    def parse(text: str) -> Effect:
        if text not in choices:
            ways = " or ".join(f"{name}:{word}" if word else name for word in choices)
            raise UsageError(f"{shown(text)} is no amount for {name!r}", f"It is written {ways}.")
        return choices[text]

    return Kind(name, name, help_text, parse)
