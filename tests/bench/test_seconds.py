from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench import seconds
from bench.attacks import ROWS, Row, asked_for, row_of
from bench.seconds import LENGTHS, Cut, clean_first, measure, summary
from bench.stage import Stage

STAGE = Stage(Path("vault"), Path("briefing.flac"), {"anna": Path("anna.flac"), "ben": Path("ben.flac")})
NEEDED = {"clean": 5.0, "gsm": 30.0, "room": 12.0, "speed:3": 8.0, "white:0": 100.0}


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cuts name their listener from a length on, without tracing any."""

    def outcomes(_pool: object, chosen: Sequence[Cut]) -> Iterator[bool]:
        return (cut.seconds >= NEEDED[cut.attack] for cut in chosen)

    monkeypatch.setattr(seconds, "outcomes", outcomes)


def test_kinds_of_attack_are_summed_up() -> None:
    lines = [
        ("codecs", "`a`", "5", "≤ 5", "", ""),
        ("codecs", "`b`", "more than 60 ✗", "≤ 5", "", ""),
        ("codecs", "`c`", "12 ✗", "≤ 5", "", ""),
        ("rooms", "`d`", "8", "≤ 15", "", ""),
    ]
    assert list(summary(lines)) == [
        ("codecs", "3", "5 to more than 60", "≤ 5", "1 of 3"),
        ("rooms", "1", "8", "≤ 15", "1 of 1"),
    ]


@pytest.mark.parametrize(
    ("chain", "reached", "goal", "tried"),
    [
        ("gsm", "30 ✗", "≤ 7", [length for length in LENGTHS if length <= 30]),
        ("white:0", "more than 60 ✗", "≤ 40", [length for length in LENGTHS if length >= 20]),
        ("room", "12", "none", [length for length in LENGTHS if length <= 12]),
    ],
)
def test_one_attack_is_measured_by_itself(chain: str, reached: str, goal: str, tried: list[float]) -> None:
    (line,) = measure(STAGE, [row_of(chain)], 20)
    assert line[1:4] == (f"`{chain}`", reached, goal)
    assert [float(part.split()[0]) for part in line[4].split(", ")] == tried


def test_what_is_measured_by_the_clean_has_that_first() -> None:
    clean, faster = measure(STAGE, [row_of("speed:3")], 20)
    assert clean[1:4] == ("`clean`", "5", "≤ 5")
    assert faster[1:4] == ("`speed:3`", "8 ✗", "≤ 7.5")


def test_all_rows_stay_as_they_are() -> None:
    assert tuple(clean_first(ROWS)) == ROWS
    assert clean_first([row_of("gsm")]) == [row_of("gsm")]


def test_how_far_it_is_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    list(measure(STAGE, [row_of("room")], 20))
    assert capsys.readouterr().err.splitlines()[-1] == "room: 12 s 20/20 named"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.chain))
def test_every_row_can_be_asked_for(row: Row) -> None:
    assert asked_for(row.chain) == row


@pytest.mark.parametrize("chain", ["rom", "white:loud", "", "gsm+"])
def test_what_is_no_attack_is_refused(chain: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"there is no effect|is no amount"):
        asked_for(chain)
