"""What file is left at the end: that of the last codec, or what the ending of its name asks for."""

from dataclasses import dataclass
from pathlib import Path

from earmark.attacks.chain import Chain
from earmark.attacks.coding import AAC, FLAC, MP3, OPUS, Codec, FileCodec
from earmark.attacks.sound import Sound
from earmark.errors import UsageError

USUAL: dict[str, FileCodec] = {
    ".flac": FLAC,
    ".m4a": AAC.at(192),
    ".mka": OPUS.at(128),
    ".mp3": MP3.at(192),
    ".ogg": OPUS.at(128),
    ".opus": OPUS.at(128),
    ".wav": Codec("pcm_s16le", ".wav", channels=8),
    ".webm": OPUS.at(128),
}
ALL = frozenset({*USUAL, ".amr"})
LOSSLESS = frozenset({".flac", ".wav"})


@dataclass(frozen=True)
class Output:
    """How sound is written at the end.

    Attributes:
        codec: what encodes it.
        suffix: the ending, which says in what container.
        chain: what happens to it before; None for nothing.
        notes: what is worth knowing, each a clause that can be printed.
    """

    codec: FileCodec
    suffix: str
    chain: Chain | None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, chain: Chain, path: Path) -> "Output":
        """Return how ``path`` is written after ``chain``.

        If the chain ends with a codec that such a file can hold, the file is what that codec writes. Otherwise the
        chain is decoded to its end, and the ending decides.

        Raises:
            UsageError: nothing can be written with such an ending.
        """
        suffix = path.suffix.lower()
        if chain.codec is not None and chain.codec.takes(suffix):
            return cls(chain.codec, suffix, chain.before_codec())
        if suffix not in USUAL:
            known = sorted(ALL if chain.codec is not None else USUAL)
            what = f"no file ending in {path.suffix!r} can be written here" if path.suffix else f"{path} has no ending"
            raise UsageError(what, f"Let its name end in {', '.join(known)}.")
        note = f"{path.name} is encoded once more, at a high bit rate; .flac or .wav would keep it as it is"
        return cls(USUAL[suffix], suffix, chain, () if suffix in LOSSLESS else (note,))

    def save(self, sound: Sound, path: Path) -> None:
        """Write ``sound``, which has been through the chain, to exactly ``path``."""
        self.codec.save(sound, path, self.suffix)
