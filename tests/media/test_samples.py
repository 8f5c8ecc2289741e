import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.media.samples import SampleFormat, Unpacker, as_float, companding

CODECS = ["pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_f64be"]


def decoded(codec: str, data: bytes, channels: int) -> np.ndarray:
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout = 8000, {1: "mono", 2: "stereo"}[channels]
    unpacker = Unpacker()
    return np.concatenate([unpacker.block(frame) for frame in decoder.decode(av.Packet(data))], axis=1)


def ramp(channels: int) -> np.ndarray:
    return np.linspace(-1, 1, 2002, dtype=np.float32).reshape(channels, -1)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_packed_decodes_to_the_nearest_number(codec: str, channels: int) -> None:
    stored = SampleFormat.of_pcm(codec)
    assert stored is not None
    block = ramp(channels)
    step = 0 if stored.kind == "float" else 2.0 ** (1 - min(stored.bits, 24))
    top = np.minimum(block, 1 - step if stored.bits <= 24 else 1)
    assert np.abs(decoded(codec, stored.pack(block), channels) - top).max() <= step / 2


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw"])
def test_logarithmic_bytes_are_ffmpegs_and_survive_a_second_time(codec: str) -> None:
    stored = SampleFormat.of_pcm(codec)
    assert stored is not None
    once = decoded(codec, stored.pack(ramp(1)), 1)
    assert np.abs(once - ramp(1)).max() < 0.032
    assert np.array_equal(decoded(codec, stored.pack(once), 1), once)
    assert companding(codec).shape == (65_536,)


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_integers_saturate(bits: int) -> None:
    stored = SampleFormat("signed", bits, 4 if bits == 24 else bits // 8)
    words = stored.quantise(np.array([[3.0, -3.0]], np.float32))
    assert words[:, 0].tolist() == [((1 << (bits - 1)) - 1) << 8 * (bits == 24), -(1 << (bits - 1)) << 8 * (bits == 24)]


@given(st.integers(-(2**23), 2**23 - 1))
def test_24_bits_pass_through_floats_unchanged(number: int) -> None:
    block = as_float(np.array([[number << 8]], np.int32))
    assert SampleFormat("signed", 24, 3).pack(block) == number.to_bytes(3, "little", signed=True)
    assert SampleFormat("signed", 24, 3, big_endian=True).pack(block) == number.to_bytes(3, "big", signed=True)


@pytest.mark.parametrize("codec", ["aac", "pcm_s64le", "pcm_s16le_planar", "pcm_bluray", "adpcm_ms"])
def test_other_codecs_are_not_plain_pcm(codec: str) -> None:
    assert SampleFormat.of_pcm(codec) is None


@pytest.mark.parametrize("name", ["u8", "s16", "s32", "flt", "dbl"])
def test_frame_formats_are_known_by_ffmpegs_names(name: str) -> None:
    assert SampleFormat.of_frame(name, 32).frame_name == name


def test_a_planar_frame_of_eight_channels_is_read_in_order() -> None:
    levels = np.arange(1, 9, dtype=np.float32) / 16
    packed = av.AudioFrame.from_ndarray(np.tile(levels, 100)[None], "flt", "7.1")
    packed.sample_rate = 8000
    (planar,) = av.AudioResampler(format="fltp").resample(packed)
    assert planar.format.is_planar
    assert np.array_equal(Unpacker().block(planar), np.tile(levels[:, None], 100))
