from pathlib import Path

import numpy as np
from tests.api.voices import RATE, load, write_wav
from tests.cli.conftest import Earmark


def leak(name: str, *pieces: tuple[float, float]) -> Path:
    """Write a leak of pieces of a copy, from second to second."""
    sound = load(Path("copies/anna.wav"))
    cut = [sound[:, round(start * RATE) : round(end * RATE)] for start, end in pieces]
    return write_wav(Path(name), np.concatenate(cut, axis=1))


def test_a_leak_that_is_whole(marked: Earmark) -> None:
    answer = marked("verify", leak("leak.wav", (3, 25)))
    assert answer.status == 0
    assert "genuine" in answer.out
    assert "No edit shows." in answer.out
    assert "the original is not at hand" in answer.err


def test_a_leak_that_was_cut(marked: Earmark) -> None:
    name = leak("leak.wav", (1, 11), (14, 27))
    answer = marked("verify", name, "--original", "briefing.wav")
    assert answer.status == 5
    assert "cut here" in answer.out
    assert "s missing" in answer.out
    assert "Edited in 1 place." in answer.out
    facts = marked("verify", name, "--json").json
    assert facts["schema"] == "earmark.verify/1"
    assert [one["state"] for one in facts["stretches"] if one["state"] != "too degraded to say"] == [
        "genuine",
        "cut here",
        "genuine",
    ]


def test_what_is_of_no_recording(marked: Earmark) -> None:
    answer = marked("verify", write_wav(Path("silence.wav"), np.zeros((1, 5 * RATE), np.float32)))
    assert answer.status == 3
    assert "unmarked" in answer.out


def test_another_original_is_refused(marked: Earmark) -> None:
    answer = marked("verify", leak("leak.wav", (3, 15)), "--original", "copies/ben.wav")
    assert answer.status == 1
    assert "is not the file" in answer.err
