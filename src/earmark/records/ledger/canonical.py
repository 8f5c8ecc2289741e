"""Canonical JSON (RFC 8785): one text for one value, so that a hash of the text is a hash of the value."""

import json
from typing import TypeAlias

import rfc8785

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_BYTES = 2**24


def canonical(value: Json) -> bytes:
    """Return the canonical text of a value.

    Raises:
        ValueError: it has none: NaN, an integer beyond 2**53, a lone surrogate.
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError(f"this has no canonical form: {error}") from error


def parse(text: bytes) -> dict[str, Json]:
    """Return the object of which ``text`` is the canonical text.

    Raises:
        ValueError: it is too long, no object, or not canonical, as where a key is there twice.
    """
    found = parse_object(text)
    if not _is_plainly(found, text) and canonical(found) != text:
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


def _is_plainly(found: dict[str, Json], text: bytes) -> bool:
    """Tell, fast, whether ``text`` is canonical; False may be wrong, where there are numbers with a point.

    Python writes the same text as RFC 8785 asks for, save for floats and for keys that are not ASCII.
    """
    if b"." in text and any(map(_has_float, found.values())):
        return False
    try:
        plain = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return plain == text and _is_tame(found)


def _has_float(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    return isinstance(value, float) or (isinstance(value, list) and any(map(_has_float, value)))


def _is_tame(value: Json) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _is_tame(one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(_is_tame, value))
    return not isinstance(value, float) and (not isinstance(value, int) or abs(value) < 2**53)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found
