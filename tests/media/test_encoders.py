import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.media.encoders import ENCODERS, LAME_LEVELS, encoder_of


@given(st.sampled_from(sorted(ENCODERS)), st.integers(8_000, 192_000))
def test_a_rate_is_one_the_encoder_takes_and_is_kept_if_it_can_be(codec: str, rate: int) -> None:
    encoder = ENCODERS[codec]
    got = encoder.rate_for(rate)
    assert not encoder.rates or got in encoder.rates
    assert got == rate or rate not in encoder.rates
    assert got >= min(rate, 44_100)


@pytest.mark.parametrize(
    ("rate", "mp3", "opus"),
    [(44_100, 44_100, 48_000), (88_200, 44_100, 48_000), (96_000, 48_000, 48_000), (11_025, 11_025, 12_000)],
)
def test_rates_stay_in_their_family(rate: int, mp3: int, opus: int) -> None:
    assert (ENCODERS["mp3"].rate_for(rate), ENCODERS["opus"].rate_for(rate)) == (mp3, opus)


@given(
    st.sampled_from(["aac", "mp3", "opus"]),
    st.one_of(st.none(), st.integers(1, 10_000_000)),
    st.sampled_from([8_000, 16_000, 24_000, 48_000]),
    st.integers(1, 2),
)
def test_a_bit_rate_is_neither_poor_nor_impossible(codec: str, wanted: int | None, rate: int, channels: int) -> None:
    encoder = ENCODERS[codec]
    bits = encoder.bit_rate_for(wanted, rate, channels)
    assert bits is not None
    assert bits >= encoder.floor * min(1, rate / 32_000) * 0.75 * channels - 1
    assert bits <= encoder.ceiling * channels
    if encoder.steps:
        assert bits in encoder.steps
        assert bits <= 160_000 or rate >= 32_000
    elif wanted is not None and wanted >= encoder.floor * channels:
        assert bits == min(wanted, encoder.ceiling * channels)


def test_lossless_sound_has_no_bit_rate() -> None:
    assert ENCODERS["flac"].bit_rate_for(96_000, 48_000, 2) is None


@pytest.mark.parametrize(
    ("codec", "layout", "channels", "got"),
    [
        ("opus", "5.1(side)", 6, "5.1"),
        ("opus", "6 channels", 6, "5.1"),
        ("opus", "4.0", 4, None),
        ("aac", "7.1", 8, "7.1"),
        ("mp3", "5.1", 6, None),
        ("alac", "7.1", 8, None),
        ("flac", "1 channels", 1, "mono"),
    ],
)
def test_layouts_keep_their_loudspeakers_or_are_refused(
    codec: str, layout: str, channels: int, got: str | None
) -> None:
    assert ENCODERS[codec].layout_for(layout, channels) == got


def test_vorbis_has_no_encoder_that_can_be_trusted() -> None:
    assert encoder_of("vorbis") is None
    assert encoder_of("wmav2") is None


@pytest.mark.parametrize(
    "codec", ["pcm_s16le", "pcm_s24be", "pcm_f32le", "pcm_f64le", "pcm_u8", "pcm_alaw", "pcm_s32le"]
)
def test_uncompressed_sound_is_its_own_encoder(codec: str) -> None:
    encoder = encoder_of(codec)
    assert encoder is not None
    assert encoder.name == codec
    assert encoder.lossless


@pytest.mark.parametrize(
    ("rate", "level"), [(320_000, 1), (256_000, 1), (224_000, 0.98), (192_000, 0.97), (32_000, 0.95)]
)
def test_lames_turning_down_is_undone(rate: int, level: float) -> None:
    assert ENCODERS["mp3"].level_for(rate) == pytest.approx(1 / level)
    assert ENCODERS["aac"].level_for(rate) == 1
    assert LAME_LEVELS[-1][0] == 0
