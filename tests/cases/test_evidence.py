import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.records import Leaked

from earmark.cases.evidence import MOST_BYTES, Evidence, read, written

NAMED = Leaked().evidence()
TEXT = written(NAMED)


@pytest.mark.parametrize("leaked", [Leaked(), Leaked(leakers=0), Leaked(leakers=2, segments=150)])
def test_what_is_written_is_read(leaked: Leaked) -> None:
    evidence = leaked.evidence()
    assert read(written(evidence)) == evidence


def test_numbers_are_exact() -> None:
    assert json.loads(TEXT)["attempts"][0]["heard"]["soft"] == list(NAMED.attempts[0].heard.soft)


def test_the_schema_is_told() -> None:
    assert json.loads(TEXT)["schema"] == "earmark/evidence/2"


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 255))
def test_no_byte_is_free(place: int, change: int) -> None:
    changed = TEXT[:place] + bytes([TEXT[place] ^ change]) + TEXT[place + 1 :]
    try:
        assert read(changed) != NAMED
    except ValueError:
        return


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_anything_is_read_or_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="evidence record"):
        read(text)


@pytest.mark.parametrize("extra", [b" ", b"\n", b"{}", b"\x00"])
def test_nothing_may_follow(extra: bytes) -> None:
    with pytest.raises(ValueError, match="evidence record"):
        read(TEXT + extra)


def test_too_long() -> None:
    with pytest.raises(ValueError, match="at most"):
        read(b" " * (MOST_BYTES + 1))


def changed(**values: Any) -> dict[str, Any]:
    return {**NAMED.model_dump(by_alias=False), **values}


def test_what_does_not_fit_together() -> None:
    attempt, one = NAMED.model_dump()["attempts"][0], NAMED.model_dump()["accusations"][0]
    heard = attempt["heard"]
    wrong: list[dict[str, Any]] = [
        {"verdict": "insufficient"},
        {"verdict": "unmarked"},
        {"recording": None},
        {"attempts": ()},
        {"attempts": (attempt, attempt)},
        {"attempts": ({**attempt, "bank": ()},)},
        {"attempts": ({**attempt, "innocents": None},)},
        {"attempts": ({**attempt, "streams": (0,)},)},
        {"accusations": (one, one)},
        {"accusations": ({**one, "scores": one["scores"][1:]},)},
        {"accusations": ({**one, "decoder": 99},)},
        {"accusations": ({**one, "attempt": 1},)},
        {"accusations": ({**one, "companions": ("somebody",)},)},
        {"accusations": ({**one, "companions": (one["listener"],)},)},
        {"more": 1},
        *(
            {"attempts": ({**attempt, "heard": {**heard, **values}},)}
            for values in (
                {"soft": heard["soft"][1:]},
                {"segments": heard["segments"][::-1]},
                {"soft": (float("nan"), *heard["soft"][1:])},
                {"thresholds": ()},
                {"thresholds": heard["thresholds"][1:]},
                {"share": 0.0},
                {"share": 1.1},
            )
        ),
    ]
    assert Evidence.model_validate(changed()) == NAMED
    for values in wrong:
        with pytest.raises(ValueError, match="validation error"):
            Evidence.model_validate(changed(**values))
