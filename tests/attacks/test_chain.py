import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.attacks.conftest import lag

from earmark.attacks import CATALOGUE, Chain, Sound, Synthetic
from earmark.errors import EarmarkError, UsageError
from earmark.media.source import probe

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference.md"
# One of every kind, and every way it is written; RNNoise is not part of what checks need.
USAGES = [usage for kind in CATALOGUE.values() for usage in kind.usage.split(", ") if usage != "denoise"]
EVERY = [*USAGES, "denoise:fft", "g711:a", "g726:16k", "noise", "room:0.3..0.6", "cuts"]
DELAYED = {"room", "room:0.4", "room:0.3..0.6", "loudspeaker", "band:300-3400", "highpass:300"}  # by their phase

names = st.sampled_from([*CATALOGUE, "", "opus ", "ROOM", "../room", "\x00", "room\n", "ŕoom", "9" * 400])
amounts = st.one_of(
    st.sampled_from(
        ["", "20", "-6", "1e9", "inf", "nan", "--3", "5..1", "-3..3", "..", "64k", "k", "0x10", "１２", "a"]
    ),
    st.text(max_size=30),
    st.floats(allow_nan=True).map(str),
)
parts = st.tuples(names, st.sampled_from(["", ":", "::", ": "]), amounts).map("".join)
chains = st.one_of(st.text(max_size=60), st.lists(parts, max_size=40).map("+".join), parts)


@settings(max_examples=400, deadline=None)
@given(chains)
def test_any_name_is_a_chain_or_a_usage_error(text: str) -> None:
    """Invariant: whatever is asked for is understood, or refused with a hint; never anything else."""
    try:
        chain = Chain.parse(text)
    except UsageError as error:
        assert re.fullmatch(r"[A-Z].*[.?]", error.hint, re.DOTALL)
        assert len(str(error)) < 300
    else:
        assert [step.name for step in chain.steps] == [part.strip() for part in re.split("[+,]", text)]


def test_a_name_that_is_nearly_right_is_put_right() -> None:
    with pytest.raises(UsageError, match="no effect 'romm'") as caught:
        Chain.parse("romm:0.4")
    assert caught.value.hint.startswith("Perhaps room? There are: clean, ")
    assert all(name in caught.value.hint for name in CATALOGUE)


@pytest.mark.parametrize("name", ["opus", "opus:1k", "opus:16m", "white:200", "left:1", "band:300", "band:900-300",
                                  "g711:b", "cuts:0", "cuts:3:2", "room:0", "drift:x", "speed:-60", "denoise:x",
                                  "equaliser:-1", "", "+", "clean+", "+".join(["clean"] * 33)])  # fmt: skip
def test_what_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Chain.parse(name)
    assert caught.value.hint


@pytest.mark.parametrize("name", EVERY)
def test_every_effect_is_decided_by_its_seed(stereo: Sound, name: str) -> None:
    chain, before = Chain.parse(name), stereo.samples.copy()
    first, again = (chain.apply(stereo, 7, Synthetic()) for _ in range(2))
    assert np.array_equal(first.samples, again.samples)
    assert np.array_equal(stereo.samples, before)
    assert first.samples.dtype == np.float32
    assert np.isfinite(first.samples).all()
    assert first.rate == stereo.rate
    assert first.power > 0.01 * stereo.power


@pytest.mark.parametrize("name", [name for name in EVERY if Chain.parse(name).in_step])
def test_what_is_in_step_stays_as_long_and_where_it_was(voice: Sound, name: str) -> None:
    left = Chain.parse(name).apply(voice, 0, Synthetic())
    assert left.length == voice.length
    assert abs(lag(left, voice)) <= voice.rate * (0.006 if name in DELAYED else 0.001)


@pytest.mark.parametrize("name", ["white:10", "noise:10", "talk:0", "music:0", "room", "loudspeaker", "equaliser",
                                  "jitter", "cuts:0.5", "speed:-5..5"])  # fmt: skip
def test_another_seed_does_otherwise(voice: Sound, name: str) -> None:
    chain = Chain.parse(name)
    one, other = (chain.apply(voice, seed, Synthetic()).samples for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_what_comes_later_changes_nothing_before_it(voice: Sound) -> None:
    both = Chain.parse("noise:20,talk:3,white:30").apply(voice, 5, Synthetic())
    one = Chain.parse("noise:20,talk:3").apply(voice, 5, Synthetic())
    assert 10 * np.log10(one.power / np.mean((both.samples - one.samples) ** 2)) == pytest.approx(30, abs=0.1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(EVERY),
    samples=st.integers(1, 3_000),
    channels=st.integers(1, 8),
    level=st.sampled_from([0, 1]),
)
def test_sound_of_any_shape(name: str, samples: int, channels: int, level: int) -> None:
    """Invariant: very short, silent or many-channelled sound comes out as sound, or nothing is left of it."""
    noise = np.random.default_rng(samples).standard_normal((channels, samples)).astype(np.float32)
    try:
        left = Chain.parse(name).apply(Sound(level * 0.1 * noise, 8_000), 0, Synthetic())
    except EarmarkError as error:
        assert "leaves nothing" in str(error)
        assert not Chain.parse(name).in_step
    else:
        assert left.length > 0
        assert np.isfinite(left.samples).all()


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(EarmarkError, match="tempo:5 leaves nothing") as caught:
        Chain.parse("clean,tempo:5,opus:16k").apply(Sound(np.zeros((1, 1), np.float32), 8_000), 0, Synthetic())
    assert caught.value.hint


def test_a_chain_is_in_step_if_all_of_it_is() -> None:
    assert Chain.parse("room,noise:20,opus:16k").in_step
    assert not Chain.parse("room,drift:10,opus:16k").in_step


@pytest.mark.parametrize(
    ("name", "codec"),
    [("clean", "flac"), ("white:20", "flac"), ("white:20,opus:16k", "opus"), ("opus:16k,room", "flac"),
                        ("opus:24k,g711", "pcm_mulaw"), ("gsm", "gsm_ms"), ("amr:7.4k", "amrnb")],
)  # fmt: skip
def test_the_file_is_what_the_last_codec_leaves(voice: Sound, tmp_path: Path, name: str, codec: str) -> None:
    path = Chain.parse(name).write(voice, tmp_path / "leak", 0, Synthetic())
    assert path.parent == tmp_path
    assert probe(path).codec == codec


def test_the_reference_has_every_effect() -> None:
    section = re.split(r"\n#+ ", REFERENCE.read_text("utf-8").partition("#### Effects")[2])[0]
    shown = set(re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\|([^|]*)\|", section, re.MULTILINE))))
    assert {name.partition(":")[0] for name in shown} == set(CATALOGUE)
    assert all(Chain.parse(name) for name in shown)
    assert {usage for kind in CATALOGUE.values() for usage in kind.usage.split(", ")} <= shown
