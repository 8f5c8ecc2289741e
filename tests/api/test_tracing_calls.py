"""Leaks of calls: every speaker is a stream of its own, and the leak is the sum of what one listener heard of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from tests.api.voices import Sound, load, speech, write_opus, write_wav
from tests.conversation import Call, Turn, hold, in_turns, made_up
from tests.members import Clock

from bench.corpus import available, path_of
from earmark.api import Listener, mark, trace
from earmark.api.finding import hear
from earmark.api.progress import silent
from earmark.api.tracks import tracks_of
from earmark.records.ledger import acts
from earmark.records.protection.ways import InTheOpen
from earmark.records.vault import Vault
from earmark.signal.calls import RATE

SECONDS = 48.0
BIT_RATE = 32_000  # noise for speech is hard on a coder
SPEAKERS = ("sam", "tia", "uli")
PEOPLE = tuple(f"l{number}" for number in range(9))
REAL = ("librispeech-testother_2609_en", "librispeech-testother_2033_en", "librispeech-testother_1998_en")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Vault]:
    with Vault.init(tmp_path_factory.mktemp("calls") / "vault", way=InTheOpen(), clock=clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def call(vault: Vault, clock: Clock) -> Call:
    clock.wait(3600)
    return hold(vault, clock, in_turns(made_up(SPEAKERS, SECONDS), seconds=SECONDS), PEOPLE)


@pytest.fixture(scope="module")
def other(vault: Vault, clock: Clock, call: Call) -> Call:
    turns = [Turn(name, sound) for name, sound in made_up(("sam", "vic"), 30).items()]
    return hold(vault, clock, turns, (*PEOPLE, *(turn.speaker for turn in call.turns)), title="Other")


def piece(sound: Sound, start_s: float, end_s: float) -> Sound:
    return sound[:, round(start_s * RATE) : round(end_s * RATE)]


def named(vault: Vault, leak: Path) -> set[str]:
    return {one.listener for one in trace(vault, leak).named}


def leak_of(call: Call, listener: str, path: Path, start_s: float = 14, end_s: float = 44) -> Path:
    return write_opus(path, piece(call.heard(listener), start_s, end_s), RATE, BIT_RATE)


@pytest.mark.parametrize("listener", ["l3", "sam"])
def test_half_a_minute_names_its_listener(call: Call, vault: Vault, tmp_path: Path, listener: str) -> None:
    result = trace(vault, leak_of(call, listener, tmp_path / "leak.ogg"))
    assert (result.verdict, [one.listener for one in result.named]) == ("named", [listener])
    assert result.recording is not None
    assert result.recording.id == call.recording.id
    speakers = {passage.speaker for passage in result.passages}
    assert speakers == {name for name in SPEAKERS if name != listener}
    for passage in result.passages:
        assert passage.recording_start_s == pytest.approx(passage.leak_start_s + 14, abs=0.6)
        assert passage.recording_end_s == pytest.approx(passage.leak_end_s + 14, abs=0.6)
    starts = [passage.leak_start_s for passage in result.passages]
    assert starts == sorted(starts)


def test_a_video_with_its_picture_is_traced_as_well(call: Call, vault: Vault, tmp_path: Path) -> None:
    heard = piece(call.heard("l5"), 14, 44)
    assert named(vault, film(tmp_path / "leak.mp4", heard)) == {"l5"}


def film(path: Path, sound: Sound) -> Path:
    """Write a screen recording: a moving picture, and sound as phones and messengers code it."""
    with av.open(path, "w") as out:
        picture = out.add_stream("mpeg4", rate=25, width=320, height=240, pix_fmt="yuv420p")
        voice = out.add_stream("aac", rate=RATE, layout="mono", bit_rate=64_000)
        for number in range(sound.shape[1] * 25 // RATE):
            out.mux(picture.encode(av.VideoFrame.from_ndarray(np.full((240, 320, 3), number % 256, np.uint8))))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:1]), "fltp", "mono")
        frame.sample_rate = RATE
        out.mux(voice.encode(frame))
        for stream in (picture, voice):
            out.mux(stream.encode())
    return path


def test_streams_together_prove_more_than_any_alone(call: Call, vault: Vault, tmp_path: Path) -> None:
    mixed = trace(vault, leak_of(call, "l5", tmp_path / "leak.ogg", 20, 40)).named[0].false_accusation_log10
    alone = []
    for stream in range(3):
        sound = call.stream("l5", stream)[None]
        found = trace(vault, write_opus(tmp_path / f"{stream}.ogg", piece(sound, 20, 40), RATE, BIT_RATE)).named
        alone.append(found[0].false_accusation_log10 if found else 0.0)
    assert mixed < min(alone) - 1


def test_streams_that_are_stretched_all_the_time_are_followed(call: Call, vault: Vault, tmp_path: Path) -> None:
    restless = piece(call.heard("l6", every_s=(0.7, 2.0)), 14, 44)
    result = trace(vault, write_opus(tmp_path / "leak.ogg", restless, RATE, BIT_RATE))
    assert [one.listener for one in result.named] == ["l6"]
    for speaker in SPEAKERS:
        ours = [one for one in result.passages if one.speaker == speaker]
        assert sum(one.leak_end_s - one.leak_start_s for one in ours) > 15
        for one in ours:
            assert one.recording_start_s == pytest.approx(one.leak_start_s + 14, abs=0.9)


def test_all_streams_and_each_by_itself_share_what_is_allowed(call: Call, vault: Vault, tmp_path: Path) -> None:
    recordings = vault.recordings()
    tracks = tracks_of(vault, recordings, vault.keys_of([one.id for one in recordings], "trace"), "trace")
    heard = hear(leak_of(call, "l3", tmp_path / "leak.ogg", 20, 40), tracks, silent)
    together, *alone = heard.found
    assert sum(one.share for one in heard.found) == pytest.approx(1)
    assert len(alone) == len(together.strands) == len(SPEAKERS)
    parts = np.concatenate([one.evidence.segments for one in alone])
    assert sorted(parts.tolist()) == together.evidence.segments.tolist()
    assert all(one.strands == together.strands for one in alone)


def test_a_stream_that_opened_later_has_a_place_of_its_own_in_the_call(tmp_path: Path) -> None:
    clock = Clock()
    with Vault.init(tmp_path / "vault", way=InTheOpen(), clock=clock) as vault:
        voices = made_up(("sam", "tia"), 30)
        late = hold(vault, clock, [Turn("sam", voices["sam"]), Turn("tia", voices["tia"] * 0.8, 22.5)], PEOPLE)
        result = trace(vault, leak_of(late, "l1", tmp_path / "leak.ogg", 32, 50))
    assert [one.listener for one in result.named] == ["l1"]
    assert {passage.speaker for passage in result.passages} >= {"tia"}
    for passage in result.passages:
        assert passage.recording_start_s == pytest.approx(passage.leak_start_s + 32, abs=0.6)


@pytest.mark.parametrize("way", ["alternate", "average"])
def test_two_who_leak_together_are_named_and_nobody_else(call: Call, vault: Vault, tmp_path: Path, way: str) -> None:
    found = named(vault, write_opus(tmp_path / "x.ogg", together(call, way), RATE, BIT_RATE))
    assert found
    assert found <= {"l2", "l7"}


def test_speakers_who_leak_together_are_all_named(call: Call, vault: Vault, tmp_path: Path) -> None:
    """What one of them said is in the other's copy alone; by that the other may be named, if not by all together."""
    leak = write_opus(tmp_path / "x.ogg", together(call, "average", ("sam", "tia")), RATE, BIT_RATE)
    named = trace(vault, leak, family_wise=1e-3).named  # keys are drawn anew: no test hangs on luck
    assert {one.listener for one in named} == {"sam", "tia"}
    for one in named:
        assert one.alone == (len(one.speakers) < len(SPEAKERS))
        assert one.share == pytest.approx(0.2 / 3 if one.alone else 0.8)
        assert one.listener not in one.speakers or not one.alone
        assert one.own_words  # each by what the other has recorded
    assert [one.false_accusation_log10 for one in named] == sorted(one.false_accusation_log10 for one in named)
    (entry,) = vault.ledger.newest(1, acts.TRACE_RUN)
    shares, tracks = entry.body["shares"], entry.body["tracks"]
    assert isinstance(shares, list)
    assert shares == pytest.approx([0.8, *[0.2 / 3] * 3])
    assert isinstance(tracks, int)
    assert tracks >= len(SPEAKERS)
    assert entry.body["listeners"] == len(PEOPLE) + len(SPEAKERS)


def together(call: Call, way: str, who: tuple[str, str] = ("l2", "l7")) -> Sound:
    """Return what two listeners make of what they heard, as if their jitter buffers had done the same."""
    one, two = (call.heard(listener, late=b"alike") for listener in who)
    turns = np.arange(one.shape[1]) // (2 * RATE) % 2
    return ((one + two) / 2 if way == "average" else np.where(turns, one, two)).astype(np.float32)


def test_the_call_is_the_one_that_was_heard(call: Call, other: Call, vault: Vault, tmp_path: Path) -> None:
    result = trace(vault, leak_of(other, "l4", tmp_path / "leak.ogg", 2, 28))
    assert result.recording is not None
    assert (result.recording.id, [one.listener for one in result.named]) == (other.recording.id, ["l4"])
    path = leak_of(call, "l4", tmp_path / "again.ogg")
    assert trace(vault, path, recording="Other").verdict == "unmarked"
    assert trace(vault, path, recording="Board").verdict == "named"


def test_a_copy_that_was_dealt_to_nobody_names_nobody(call: Call, vault: Vault, tmp_path: Path) -> None:
    stranger = replace(call)
    stranger.__dict__["secrets"] = {"nobody": bytes(range(32))}
    result = trace(vault, leak_of(stranger, "nobody", tmp_path / "leak.ogg"))
    assert (result.verdict, result.named) == ("insufficient", ())
    assert {passage.speaker for passage in result.passages} == set(SPEAKERS)


@pytest.mark.usefixtures("call")
def test_what_was_said_elsewhere_is_unmarked(vault: Vault, tmp_path: Path) -> None:
    sound = np.concatenate([speech(15, rate=RATE, seed=seed) for seed in (50, 51)], axis=1)
    assert trace(vault, write_opus(tmp_path / "x.ogg", sound, RATE)).verdict == "unmarked"


def test_files_and_calls_are_looked_for_together(call: Call, vault: Vault, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "file.wav", speech(20, seed=9))
    mark(vault, path, [Listener("anna"), Listener("ben")], tmp_path / "copies", title="File")
    result = trace(vault, tmp_path / "copies/ben.wav")
    assert [one.listener for one in result.named] == ["ben"]
    assert {(one.stream, one.speaker) for one in result.passages} == {(None, None)}
    recordings = vault.recordings()
    keys = vault.keys_of([one.id for one in recordings], "trace")
    tracks = tracks_of(vault, recordings, keys, "trace")
    streams = [(track.stream, track.blocks) for track in tracks if track.recording_id == call.recording.id]
    assert streams == [(0, (0,)), (1, (1,)), (2, (2,))]
    assert len({(track.recording_id, track.stream) for track in tracks}) == len(tracks)
    opened = vault.ledger.newest(1, acts.KEY_OPENED)[0].body
    assert opened["keys"] == ["stream-mark-keys"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """Twenty people, three of whom talk over each other all the time."""
    if not available():
        pytest.skip("the recordings of real speech are not here")
    clock, turns = Clock(), []
    for name, file in zip(SPEAKERS, REAL, strict=True):
        voice = np.tile(load(path_of(f"speech/{file}"), RATE)[:1], 4)[:, : 60 * RATE]
        turns.append(Turn(name, np.ascontiguousarray(voice / np.abs(voice).max() / 2)))
    with Vault.init(tmp_path_factory.mktemp("real") / "vault", way=InTheOpen(), clock=clock) as vault:
        yield hold(vault, clock, turns, [f"l{number}" for number in range(17)])


@pytest.mark.parametrize("listener", ["l11", "tia"])
def test_real_speech_of_three_who_talk_over_each_other(real: Call, tmp_path: Path, listener: str) -> None:
    sound = piece(real.heard(listener), 21.3, 51.3)
    result = trace(real.vault, write_opus(tmp_path / "leak.ogg", sound, RATE, 16_000))
    assert [one.listener for one in result.named] == [listener]
    assert len({one.speaker for one in result.passages} - {listener}) >= 2


@pytest.mark.parametrize("way", ["alternate", "average"])
def test_two_who_leak_real_speech_together(real: Call, tmp_path: Path, way: str) -> None:
    found = named(real.vault, write_opus(tmp_path / "leak.ogg", together(real, way), RATE, 16_000))
    assert found
    assert found <= {"l2", "l7"}
