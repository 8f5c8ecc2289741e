"""By whose words somebody is named: speakers count, however many streams each of them has."""

from hypothesis import assume, given
from hypothesis import strategies as st

from earmark.cases.voices import Voices

SPEAKERS = st.dictionaries(st.integers(0, 9), st.sampled_from(["sam", "tia", "uli"]), min_size=1)


@given(SPEAKERS, st.sets(st.integers(0, 9)), st.sampled_from(["sam", "tia", "uli", "anna"]))
def test_speakers_count_and_not_streams(speakers: dict[int, str], by: set[int], listener: str) -> None:
    by &= set(speakers)
    assume(by)
    voices = Voices.of(speakers, by, speakers)
    assert set(voices.by) == {speakers[one] for one in by}
    assert len(set(voices.heard)) == len(voices.heard) == len(set(speakers.values()))
    assert (voices.alone is not None) == (len(voices.by) == 1 and len(voices.heard) > 1)
    assert voices.alone in (None, voices.by[0])
    assert voices.has_words_of(listener) == (listener in speakers.values())


@given(SPEAKERS)
def test_all_streams_together_are_never_of_one_voice_beside_others(speakers: dict[int, str]) -> None:
    assert Voices.of(speakers, speakers, speakers).alone is None


def test_of_a_file_it_is_nobodys() -> None:
    assert (Voices().by, Voices().alone, Voices().has_words_of("anna")) == ((), None, False)
