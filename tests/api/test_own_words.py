"""Echoes in calls: what a member's loudspeaker plays comes back through their microphone, in their variants.

Their page marks it as their own words before it sends it, as all that comes through a microphone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.voices import Sound, write_opus
from tests.conversation import Call, Turn, hold, in_turns, made_up
from tests.members import Clock

from earmark.api import trace
from earmark.api.own_words import to_be_told
from earmark.api.results import Traced
from earmark.cli.words import traced
from earmark.records.ledger import acts
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault
from earmark.signal.calls import RATE

SECONDS = 36.0
LATER_S = 0.35
PEOPLE = tuple(f"l{number}" for number in range(9))


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with Vault.init(tmp_path_factory.mktemp("echoes") / "vault", way=InTheOpen(), clock=Clock()) as opened:
        yield opened


@pytest.fixture(scope="module")
def call(vault: Vault) -> Call:
    return held(vault, in_turns(made_up(("sam", "tia"), SECONDS), seconds=SECONDS))


@pytest.fixture(scope="module")
def silent(vault: Vault, call: Call) -> Call:
    """A call in which tia says nothing."""
    nothing = Turn("tia", np.full_like(call.turns[1].sound, 1e-5))
    return held(vault, [call.turns[0], nothing])


def held(vault: Vault, turns: list[Turn]) -> Call:
    clock = vault._clock
    assert isinstance(clock, Clock)
    return hold(vault, clock, turns, PEOPLE)


def echoing(call: Call, level_db: float) -> Call:
    """Return a call in which what tia hears of sam comes back through her microphone."""
    back, sound = call.stream("tia", 0), call.turns[1].sound.copy()
    start = round(LATER_S * RATE)
    count = min(back.size, sound.shape[1] - start)
    sound[0, start : start + count] += np.float32(10 ** (level_db / 20)) * back[:count]
    return replace(call, turns=[call.turns[0], replace(call.turns[1], sound=sound)])


def leaked(call: Call, sound: Sound, folder: Path) -> Traced:
    path = write_opus(folder / "leak.ogg", sound[:, : round(SECONDS * RATE)], RATE, 32_000)
    result = trace(call.vault, path, recording=call.recording.id)
    (entry,) = call.vault.ledger.newest(1, acts.TRACE_RUN)
    assert entry.body["untold"] == result.untold
    assert ("are not told" in "\n".join(traced(result))) == result.untold
    assert entry.body["named"] == [
        {"listener": one.listener, "false_accusation_log10": one.false_accusation_log10} for one in result.named
    ]
    return result


@pytest.mark.parametrize("says", ["words", "nothing"])
def test_whose_echo_is_in_a_leak_is_named_with_a_caution(call: Call, silent: Call, tmp_path: Path, says: str) -> None:
    """Tia has leaked nothing; by her codeword alone there is no telling that."""
    held = echoing(call if says == "words" else silent, -20)
    result = leaked(held, held.heard("sam"), tmp_path)
    assert {one.listener for one in result.named} == {"sam", "tia"}
    assert all(one.own_words for one in result.named)
    assert not result.untold
    words = "\n".join(traced(result))
    assert "tia’s own words are in this leak as well" in words
    assert words.count("The bound does not cover that") == 2


def test_where_a_copy_explains_all_of_a_leak_no_echo_is_named(call: Call, tmp_path: Path) -> None:
    """The echo is louder than sam himself, so that tia would be named by it."""
    held = echoing(call, 6)
    result = leaked(held, held.heard("l3"), tmp_path)
    assert [(one.listener, one.own_words) for one in result.named] == [("l3", False)]
    assert result.untold


def test_of_two_who_mix_the_one_who_spoke_is_not_told_beside_the_one_who_did_not(call: Call, tmp_path: Path) -> None:
    one, two = (call.heard(listener, late=b"alike") for listener in ("sam", "l3"))
    result = leaked(call, (0.7 * one + 0.3 * two).astype(np.float32), tmp_path)
    assert [(one.listener, one.own_words) for one in result.named] == [("l3", False)]
    assert result.untold


@dataclass(frozen=True)
class Someone:
    listener: str


NAMES = st.sampled_from(["anna", "ben", "chloe", "dan"])


@given(st.lists(st.builds(Someone, NAMES)), st.sets(NAMES))
def test_nobody_is_told_whose_words_are_in_a_leak_beside_somebody_whose_are_not(
    named: list[Someone], speakers: set[str]
) -> None:
    told = to_be_told(named, speakers)
    assert [one for one in named if one in told] == list(told)  # in their order, and nobody else
    assert bool(told) == bool(named)
    assert len({one.listener in speakers for one in told}) <= 1
    assert all(one in told for one in named if one.listener not in speakers)
