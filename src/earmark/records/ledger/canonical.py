"""Canonical JSON (RFC 8785): one text for one value, so that a hash of the text is a hash of the value."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

import rfc8785

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_BYTES = 2**24
SMALL_DIGITS = 16


def canonical(value: Json) -> bytes:
    """Return the canonical text of a value.

    Raises:
        ValueError: it has none: NaN, an integer beyond 2**53, a lone surrogate.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError(f"this has no canonical form: {error}") from error


def canonical_strings(value: Mapping[str, str]) -> bytes:
    """Return the canonical text of an object with ASCII keys and nothing but strings in it; fast.

    Raises:
        ValueError: it has none: there is a lone surrogate.
    """
    return _ENCODER.encode(value).encode()


def parse(text: bytes) -> dict[str, Json]:
    """Return the object of which ``text`` is the canonical text.

    Raises:
        ValueError: it is too long, no object, or not canonical, as where a key is there twice.
    """
    plain = _parse_plain(text)
    if plain is not None:
        return plain
    found = parse_object(text)
    if canonical(found) != text:
        raise ValueError("this is not canonical JSON")
    return found


def parse_object(text: bytes) -> dict[str, Json]:
    """Return the object that ``text`` describes, canonical or not.

    Raises:
        ValueError: it is too long, no object, or has a key twice.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(f"this is longer than {MAX_BYTES} bytes")
    try:
        found = json.loads(text.decode(), object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("this is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("this is no JSON object")  # noqa: TRY004 - of outside input
    return found


def _parse_plain(text: bytes) -> dict[str, Json] | None:
    """Parse what is nearly always there, fast: canonical ASCII without fractions and large numbers; None for all else.

    Python then writes the same text as RFC 8785 asks for.
    """
    if not text.isascii() or len(text) > MAX_BYTES:
        return None
    try:
        found = _PLAIN.decode(text.decode())
        return found if isinstance(found, dict) and _ENCODER.encode(found).encode() == text else None
    except (ValueError, TypeError, RecursionError):  # TypeError: there is a Decimal
        return None


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _small(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < SMALL_DIGITS else Decimal(digits)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_PLAIN = json.JSONDecoder(parse_float=Decimal, parse_constant=Decimal, parse_int=_small)
