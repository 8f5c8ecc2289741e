"""How one sample is stored: from float blocks to bytes and from decoded frames to float blocks."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

Block = NDArray[np.float32]
Kind = Literal["signed", "unsigned", "float", "alaw", "mulaw"]

# PyAV (up to 17) reads past the end of a frame's plane pointers when a planar frame has eight channels or more.
SAFE_PLANES = 7


@dataclass(frozen=True)
class SampleFormat:
    """One sample as stored in a file or handed to an encoder; channels are always interleaved.

    Attributes:
        kind: how numbers are written; ``alaw`` and ``mulaw`` are the logarithmic bytes of ITU-T G.711.
        bits: significant bits; integers narrower than their storage sit at its upper end.
        width: bytes per sample.
        big_endian: byte order.
    """

    kind: Kind
    bits: int
    width: int
    big_endian: bool = False

    @classmethod
    def of_pcm(cls, codec: str) -> "SampleFormat | None":
        """Return the format of an FFmpeg codec such as ``pcm_s24le``; None where it is not plain interleaved PCM."""
        if codec in {"pcm_alaw", "pcm_mulaw"}:
            return cls("alaw" if codec == "pcm_alaw" else "mulaw", 16, 1)
        match = re.fullmatch(r"pcm_([suf])(8|16|24|32|64)(le|be)?", codec)
        if match is None or (match[1] != "f" and match[2] == "64"):
            return None
        kind: Kind = {"s": "signed", "u": "unsigned", "f": "float"}[match[1]]  # type: ignore[assignment]
        return cls(kind, int(match[2]), int(match[2]) // 8, match[3] == "be")

    @classmethod
    def of_frame(cls, name: str, bits: int) -> "SampleFormat":
        """Return how a packed FFmpeg sample format (``s16``, ``s32``, ``flt``, ``dbl`` or ``u8``) is stored."""
        kind, width = FRAME_FORMATS[name]
        return cls(kind, min(bits, 8 * width), width)

    @property
    def frame_name(self) -> str:
        """FFmpeg's name for this format in a frame; only native byte order and whole words have one."""
        return {(kind, width): name for name, (kind, width) in FRAME_FORMATS.items()}[self.kind, self.width]

    @property
    def dtype(self) -> "np.dtype[Any]":
        """Numpy's type of one stored word; 24-bit samples are words of 32 bits until their bytes are taken."""
        letter = {"signed": "i", "unsigned": "u", "float": "f"}.get(self.kind, "u")
        return np.dtype(f"{'>' if self.big_endian else '<'}{letter}{4 if self.width == 3 else self.width}")

    def quantise(self, block: Block) -> NDArray[Any]:
        """Return the stored words of ``block`` (channels, n), full scale ±1, as (n, channels).

        Integers are rounded to nearest and saturate; a float stays what it is.
        """
        if self.kind == "float":
            return np.ascontiguousarray(block.T, dtype=self.dtype)
        whole = rounded(block, self.bits)
        if self.kind in {"alaw", "mulaw"}:
            return np.asarray(companding(f"pcm_{self.kind}")[whole + 32768])
        whole <<= max(0, 8 * self.width - self.bits) if self.width != 3 else 0
        if self.kind == "unsigned":
            return (whole.astype(np.int64) + (1 << (self.bits - 1))).astype(self.dtype)
        return whole.astype(self.dtype)

    def to_bytes(self, words: NDArray[Any]) -> bytes:
        """Return the bytes of what ``quantise`` returned, sample after sample, channels interleaved."""
        if self.width != 3:
            return words.tobytes()
        four = words.view(np.uint8).reshape(-1, 4)
        return four[:, 1:].tobytes() if self.big_endian else four[:, :3].tobytes()

    def pack(self, block: Block) -> bytes:
        """Return ``block`` (channels, n) as stored bytes."""
        return self.to_bytes(self.quantise(block))


FRAME_FORMATS: dict[str, tuple[Kind, int]] = {
    "u8": ("unsigned", 1),
    "s16": ("signed", 2),
    "s32": ("signed", 4),
    "flt": ("float", 4),
    "dbl": ("float", 8),
}


def rounded(block: Block, bits: int) -> NDArray[np.int32]:
    """Return ``block`` (channels, n) as integers of ``bits`` bits (n, channels), to nearest, saturated."""
    # Up to 24 bits every integer is a float32; beyond, the upper end of the range would round up and wrap around.
    wide = np.float32 if bits <= 24 else np.float64
    top = float(1 << (bits - 1))
    scaled: NDArray[np.floating[Any]] = np.multiply(block.T, top, dtype=wide, order="C")
    np.rint(scaled, out=scaled)
    np.clip(scaled, -top, top - 1, out=scaled)
    return np.asarray(scaled, dtype=np.int32)


@cache
def companding(codec: str) -> NDArray[np.uint8]:
    """Return the G.711 byte of every 16-bit sample, the lowest first, asked of FFmpeg's own encoder."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.format, encoder.layout = 8000, "s16", "mono"  # type: ignore[attr-defined]
    words = np.arange(-32768, 32768, dtype=np.int16)[None]
    frame = AudioFrame.from_ndarray(words, "s16", "mono")
    frame.sample_rate = 8000
    packets = [*encoder.encode(frame), *encoder.encode(None)]  # type: ignore[attr-defined]
    return np.frombuffer(b"".join(bytes(packet) for packet in packets), np.uint8)


class Unpacker:
    """Turns the decoded frames of one stream into float blocks."""

    def __init__(self) -> None:
        self._packer = av.AudioResampler()

    def block(self, frame: AudioFrame) -> Block:
        """Return ``frame`` as float32 (channels, n), full scale ±1."""
        if frame.format.is_planar and frame.layout.nb_channels > SAFE_PLANES:
            return self._packed(frame)
        array = frame.to_ndarray()
        if not frame.format.is_planar:
            array = array.reshape(-1, frame.layout.nb_channels).T
        return as_float(array)

    def _packed(self, frame: AudioFrame) -> Block:
        if self._packer.format is None:
            self._packer = av.AudioResampler(format=frame.format.packed)
        blocks = [part.to_ndarray().reshape(-1, part.layout.nb_channels).T for part in self._packer.resample(frame)]
        return as_float(np.concatenate(blocks, axis=1))


def as_float(array: NDArray[Any]) -> Block:
    """Return integers as float32 of full scale ±1, floats as float32."""
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype == np.uint8:
        return np.asarray(np.divide(array.astype(np.float32) - 128, 128), dtype=np.float32)
    scale = 1.0 / (1 << (8 * array.dtype.itemsize - 1))
    wide = np.float32 if array.dtype.itemsize < 4 else np.float64
    return np.asarray(np.multiply(array, scale, dtype=wide), dtype=np.float32)
