import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.conftest import STAFF
from tests.api.voices import speech, write_wav

from earmark.api import Delivered, Listener, Vault, mark, trace
from earmark.errors import EarmarkError, MediaError, UsageError
from earmark.media.source import probe

Agree = Callable[[Path], None]


class StoppedError(Exception):
    """Stands for whatever ends a run before its time."""


def test_everybody_gets_a_copy_of_their_own(marked: Delivered, briefing: Path, out: Path, agree: Agree) -> None:
    assert [(c.listener, c.path) for c in marked.copies] == [(one.id, out / f"{one.id}.wav") for one in STAFF]
    assert marked.made == len(STAFF)
    contents = {path.read_bytes() for path in out.iterdir()}
    assert len(contents | {briefing.read_bytes()}) == len(STAFF) + 1
    assert {len(content) for content in contents} == {briefing.stat().st_size}
    agree(out)


def test_what_is_on_record(vault: Vault, marked: Delivered, briefing: Path) -> None:
    (recording,) = vault.recordings()
    assert (recording.id, recording.title) == (marked.recording.id, "briefing")
    assert (recording.status, recording.coalition, recording.detector, recording.sealed) == ("complete", 4, 2, False)
    assert (recording.input_name, recording.rate, recording.channels) == (briefing.name, 16_000, 1)
    assert [listener.id for listener in vault.listeners(recording.id)] == [one.id for one in STAFF]


def test_running_it_again_does_nothing(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    stages: set[str] = set()
    again = mark(vault, briefing, STAFF, out, progress=lambda stage, _: stages.add(stage))
    assert again == Delivered(marked.recording, marked.copies, 0)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert "rendering" not in stages
    assert len(vault.copies(marked.recording.id)) == len(STAFF)


def test_only_what_is_missing_is_made(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    lost = (out / "ben.wav").read_bytes()
    (out / "ben.wav").unlink()
    again = mark(vault, briefing, STAFF, out)
    assert again.made == 1
    assert (out / "ben.wav").read_bytes() == lost
    assert again.recording == marked.recording


def test_new_listeners_are_added(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    secrets = vault.secrets(marked.recording.id, "mark")
    again = mark(vault, briefing, [*STAFF, Listener("gina")], out)
    assert (again.made, again.copies[-1].listener) == (1, "gina")
    assert vault.secrets(marked.recording.id, "mark").items() > secrets.items()


def test_only_registers_everybody_and_renders_some(vault: Vault, briefing: Path, out: Path) -> None:
    done = mark(vault, briefing, STAFF, out, only=["dora", "ben"])
    assert [copy.listener for copy in done.copies] == ["ben", "dora"]
    assert sorted(path.name for path in out.iterdir()) == ["ben.wav", "dora.wav"]
    assert len(vault.listeners(done.recording.id)) == len(STAFF)


@pytest.mark.parametrize("asked", ["flac", "opus"])
def test_copies_in_another_format(vault: Vault, briefing: Path, out: Path, asked: str) -> None:
    done = mark(vault, briefing, STAFF[:2], out, format=asked)
    assert {path.suffix for path in out.iterdir()} == {f".{asked}"}
    assert done.notes == (f"pcm_s16le becomes {asked}",)
    assert trace(vault, out / f"ben.{asked}").named[0].listener == "ben"
    assert mark(vault, briefing, STAFF[:2], out, format=asked).made == 0


def test_another_format_is_another_recording(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    assert mark(vault, briefing, STAFF, out, format="flac").recording.id != marked.recording.id


def test_again_makes_a_new_recording(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    done = mark(vault, briefing, STAFF, out.with_name("others"), again=True)
    assert done.recording.id != marked.recording.id
    assert (out.with_name("others") / "ben.wav").read_bytes() != (out / "ben.wav").read_bytes()
    later = mark(vault, briefing, STAFF, out.with_name("others"))
    assert (later.recording, later.made) == (done.recording, 0)


def test_again_goes_on_after_an_interruption(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    def stop(stage: str, fraction: float) -> None:
        if stage == "copying" and fraction > 0.4:
            raise StoppedError

    others = out.with_name("others")
    with pytest.raises(StoppedError):
        mark(vault, briefing, STAFF, others, again=True, title="Second", progress=stop)
    _, interrupted = vault.recordings()
    assert interrupted.id != marked.recording.id
    there = len(list(others.iterdir()))
    done = mark(vault, briefing, STAFF, others, again=True)
    assert (done.recording.id, done.made) == (interrupted.id, len(STAFF) - there)
    assert mark(vault, briefing, STAFF, out.with_name("third"), again=True).recording.id != interrupted.id


def test_again_takes_up_only_what_is_wished_for(vault: Vault, briefing: Path, out: Path) -> None:
    def stop(stage: str, _fraction: float) -> None:
        if stage == "copying":
            raise StoppedError

    with pytest.raises(StoppedError):
        mark(vault, briefing, STAFF, out, progress=stop)
    assert mark(vault, briefing, STAFF, out, again=True, title="Other").recording.title == "Other"


@pytest.mark.parametrize("wish", [{"coalition": 6}, {"depth": 0.2}, {"title": "Other"}])
def test_a_recording_is_not_changed_afterwards(
    vault: Vault, marked: Delivered, briefing: Path, out: Path, wish: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match=f"marked already, as {marked.recording.id}"):
        mark(vault, briefing, STAFF, out, **wish)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wish",
    [{"title": " "}, {"title": "x" * 201}, {"coalition": 0}, {"coalition": 33}, {"depth": 0.0}, {"depth": 0.6}],
)
def test_wishes_that_make_no_sense(vault: Vault, briefing: Path, out: Path, wish: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        mark(vault, briefing, STAFF, out, **wish)  # type: ignore[arg-type]
    assert not vault.recordings()


def test_an_unknown_id_in_only(vault: Vault, briefing: Path, out: Path) -> None:
    with pytest.raises(UsageError, match="'zoe' is not on the list"):
        mark(vault, briefing, STAFF, out, only=["zoe"])


def test_foreign_files_stay_without_force(vault: Vault, briefing: Path, out: Path) -> None:
    out.mkdir()
    (out / "carl.wav").write_text("not ours")
    with pytest.raises(UsageError, match=r"carl\.wav is there already"):
        mark(vault, briefing, STAFF, out)
    assert [path.name for path in out.iterdir()] == ["carl.wav"]
    assert not vault.recordings()
    assert mark(vault, briefing, STAFF, out, force=True).made == len(STAFF)
    assert (out / "carl.wav").stat().st_size == briefing.stat().st_size


@pytest.mark.usefixtures("marked")
def test_a_changed_copy_is_a_foreign_file(vault: Vault, briefing: Path, out: Path) -> None:
    (out / "carl.wav").write_text("changed")
    with pytest.raises(UsageError, match=r"carl\.wav is there already"):
        mark(vault, briefing, STAFF, out)
    assert mark(vault, briefing, STAFF, out, force=True).made == 1


@pytest.mark.parametrize("link", [False, True])
def test_the_input_is_never_overwritten(vault: Vault, briefing: Path, out: Path, link: bool) -> None:
    before = briefing.read_bytes()
    if link:
        out.mkdir()
        (out / "briefing.wav").symlink_to(briefing)
    folder = out if link else briefing.parent
    with pytest.raises(UsageError, match="the recording itself"):
        mark(vault, briefing, [Listener("briefing")], folder, force=True)
    assert briefing.read_bytes() == before


def test_a_folder_in_the_way(vault: Vault, briefing: Path, out: Path) -> None:
    (out / "ben.wav").mkdir(parents=True)
    with pytest.raises(UsageError, match="is a folder"):
        mark(vault, briefing, STAFF, out, force=True)


def test_out_is_a_file(vault: Vault, briefing: Path, out: Path) -> None:
    out.write_text("")
    with pytest.raises(UsageError, match="is not a folder"):
        mark(vault, briefing, STAFF, out)


def test_out_cannot_be_made(vault: Vault, briefing: Path, out: Path) -> None:
    out.write_text("")
    with pytest.raises(MediaError, match="cannot be written"):
        mark(vault, briefing, STAFF, out / "below")


def test_out_is_where_variants_lie(vault: Vault, briefing: Path) -> None:
    with pytest.raises(UsageError, match="removes again"):
        mark(vault, briefing, STAFF, vault.folder / "work" / "mine")


@pytest.mark.usefixtures("marked")
def test_no_variant_is_left_behind(vault: Vault) -> None:
    assert not list((vault.folder / "work").iterdir())


def test_the_seal_holds_the_input(vault: Vault, briefing: Path, out: Path) -> None:
    done = mark(vault, briefing, STAFF, out, seal_original=True)
    assert vault.recording(done.recording.id).sealed
    sealed = vault.sealed_path(done.recording.id)
    assert sealed.stat().st_mode & 0o077 == 0
    assert briefing.read_bytes()[:1000] not in sealed.read_bytes()


def test_sealing_can_be_asked_for_later(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    assert mark(vault, briefing, STAFF, out, seal_original=True).made == 0
    assert vault.recording(marked.recording.id).sealed


def test_a_file_that_changes_meanwhile(vault: Vault, briefing: Path, out: Path) -> None:
    def change(stage: str, _: float) -> None:
        if stage == "checking":
            write_wav(briefing, speech(40.0, seed=9))

    with pytest.raises(MediaError, match="changed while it was read"):
        mark(vault, briefing, STAFF, out, progress=change)
    assert not list(out.iterdir())


def test_a_disk_that_is_too_small(vault: Vault, briefing: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000}))
    with pytest.raises(MediaError, match=r"about 10\.\d MB|about \d+ MB are needed") as failure:
        mark(vault, briefing, STAFF, out)
    assert "1 MB are free" in str(failure.value)
    assert not vault.recordings()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stop=st.integers(0, 40))
def test_a_run_may_end_anywhere(tmp_path_factory: pytest.TempPathFactory, spoken: Path, stop: int) -> None:
    """Invariant: no copy without its record, whatever ends a run; the next run completes it."""
    folder = tmp_path_factory.mktemp("run")
    calls = iter(range(1_000_000))

    def end(*_: object) -> None:
        if next(calls) == stop:
            raise StoppedError

    with Vault.init(folder / "vault") as vault:
        with contextlib.suppress(StoppedError):
            mark(vault, spoken, STAFF, folder / "out", progress=end)
        given = {copy.path for r in vault.recordings() for copy in vault.copies(r.id)}
        there = set((folder / "out").iterdir()) if (folder / "out").exists() else set()
        assert {str(path) for path in there} <= given
        done = mark(vault, spoken, STAFF, folder / "out")
        assert len(list((folder / "out").iterdir())) == len(STAFF)
        assert [r.status for r in vault.recordings()] == ["complete"]
        assert done.recording.id == vault.recordings()[0].id


def test_parts_of_a_crash_are_swept(vault: Vault, briefing: Path, out: Path) -> None:
    out.mkdir()
    (out / ".earmark-0123456789abcdef.part").write_text("half a copy")
    mark(vault, briefing, STAFF, out)
    assert not list(out.glob(".earmark-*"))


def test_an_interrupted_run_goes_on_in_the_same_recording(vault: Vault, briefing: Path, out: Path) -> None:
    def stop(stage: str, fraction: float) -> None:
        if stage == "copying" and fraction > 0.4:
            raise StoppedError

    with pytest.raises(StoppedError):
        mark(vault, briefing, STAFF, out, progress=stop)
    (recording,) = vault.recordings()
    assert recording.status == "marking"
    there = len(list(out.iterdir()))
    assert 0 < there < len(STAFF)
    assert mark(vault, briefing, STAFF, out).made == len(STAFF) - there
    assert [r.id for r in vault.recordings()] == [recording.id]


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (11_111, 1), (48_000, 2)])
def test_other_rates_and_channels(vault: Vault, tmp_path: Path, out: Path, rate: int, channels: int) -> None:
    source = write_wav(tmp_path / "x.wav", speech(25, rate=rate, channels=channels), rate)
    mark(vault, source, STAFF[:3], out)
    info = probe(out / "carl.wav")
    assert (info.rate, info.channels, info.samples) == (rate, channels, 25 * rate)
    assert [one.listener for one in trace(vault, out / "carl.wav").named] == ["carl"]


@pytest.mark.usefixtures("marked")
def test_case_of_ids_makes_no_difference(vault: Vault, briefing: Path, out: Path) -> None:
    with pytest.raises(EarmarkError, match="is taken by"):
        mark(vault, briefing, [Listener("ANNA")], out)
