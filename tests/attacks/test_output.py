from pathlib import Path

import pytest

from earmark.attacks import Chain, Sound, Synthetic
from earmark.attacks.output import USUAL, Output
from earmark.errors import UsageError
from earmark.media.source import probe


@pytest.mark.parametrize(
    ("name", "file", "codec"),
    [("opus:16k", "x.ogg", "opus"), ("opus:16k", "x.opus", "opus"), ("opus:16k", "x.webm", "opus"),
     ("opus:16k", "x.mka", "opus"), ("aac:32k", "x.m4a", "aac"), ("aac:32k", "x.mka", "aac"),
     ("mp3:32k", "x.mp3", "mp3"), ("vorbis:48k", "x.ogg", "vorbis"), ("amr:7.4k", "x.amr", "amrnb"),
     ("gsm", "x.wav", "gsm_ms"),
     ("g711:a", "x.wav", "pcm_alaw"), ("g711", "x.WAV", "pcm_mulaw")],
)  # fmt: skip
def test_the_last_codecs_own_file(voice: Sound, tmp_path: Path, name: str, file: str, codec: str) -> None:
    output = Output.of(Chain.parse(f"polarity+{name}"), tmp_path / file)
    output.save(voice, tmp_path / "part")
    assert probe(tmp_path / "part").codec == codec
    assert output.chain is not None
    assert [step.name for step in output.chain.steps] == ["polarity"]
    assert output.notes == ()


@pytest.mark.parametrize("suffix", USUAL)
def test_other_files(voice: Sound, tmp_path: Path, suffix: str) -> None:
    chain = Chain.parse("g723")
    output = Output.of(chain, tmp_path / f"x{suffix}")
    if suffix == ".wav":
        assert output.chain is None
        return
    assert output.chain is chain
    output.save(chain.apply(voice, 0, Synthetic()), tmp_path / "part")
    assert probe(tmp_path / "part").seconds == pytest.approx(voice.seconds, abs=0.03)
    assert bool(output.notes) == (suffix != ".flac")


@pytest.mark.parametrize("name", ["x", "x.exe", "x.amr", "x.", ".wav", "x.wav.part"])
def test_files_that_cannot_be_written(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Output.of(Chain.parse("white:20"), Path(name))
    assert ".flac" in caught.value.hint
