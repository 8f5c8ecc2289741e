"""A case is whole or not there, names nobody whom the bound does not, and holds when a stranger checks it."""

import hashlib
import json
import os
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from tests.api.conftest import STAFF
from tests.api.voices import RATE, cut, load, speech, write_wav
from tests.bombs import silence
from tests.cases.pages import assert_harmless

from earmark.api import Delivered, Listener, Vault, case, cases, check_case, mark, new_case, trace, verify
from earmark.api.casework import NO_KEY, UNLUCKY
from earmark.api.tracing import traced
from earmark.cases import bundle as bundles
from earmark.cases.evidence import read
from earmark.cases.folder import CaseError
from earmark.errors import MediaError, UsageError

FILES = ["bundle.earmark", "evidence.json", "exhibit.bin", "report.html", "report.pdf"]


@pytest.fixture
def leak(marked: Delivered, out: Path, tmp_path: Path) -> Path:
    assert marked.made == len(STAFF)
    return cut(out / "anna.wav", tmp_path / "leak.wav", 8.0, 28.0)


def states(folder: Path, **known: Any) -> dict[int, str]:
    return {one.number: one.state for one in check_case(folder, **known).checks}


def failed(folder: Path, **known: Any) -> list[tuple[int, str]]:
    return [(one.number, one.detail) for one in check_case(folder, **known).checks if one.state == "failed"]


def test_a_case_that_names_a_copy(vault: Vault, leak: Path, tmp_path: Path, marked: Delivered) -> None:
    made = new_case(vault, leak, tmp_path / "case", title="The October leak")
    assert (made.verdict, made.recording, made.title) == ("named", marked.recording, "The October leak")
    assert [one.listener for one in made.named] == ["anna"]
    assert made.named[0].false_accusation_log10 <= -6
    assert sorted(path.name for path in made.folder.iterdir()) == FILES
    assert (made.folder / "exhibit.bin").read_bytes() == leak.read_bytes()
    assert made.exhibit == hashlib.sha256(leak.read_bytes()).hexdigest()
    checked = check_case(made.folder)
    assert failed(made.folder) == []
    assert {one.number for one in checked.checks if one.state == "not checked"} == {4, 15}
    assert (checked.holds, checked.case, checked.verdict, checked.named) == (True, made.case, "named", made.named)
    assert checked.public_key == vault.ledger.head().public_key.hex()


def test_everything_in_a_case_is_its_owners_only(vault: Vault, leak: Path, tmp_path: Path) -> None:
    folder = new_case(vault, leak, tmp_path / "case").folder
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes.pop("exhibit.bin") == 0o400
    assert set(modes.values()) == {0o600}


def test_evidence_json_is_what_the_bundle_states(vault: Vault, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case")
    folder = made.folder
    evidence = read((folder / "evidence.json").read_bytes())
    assert bundles.read_file(folder / "bundle.earmark").statement.evidence == evidence
    (attempt,) = evidence.attempts
    assert attempt.innocents is not None
    assert len(attempt.innocents.deficits) == len(STAFF) - 1
    assert (attempt.streams, attempt.heard.share, made.named[0].share) == (None, 1.0, 1.0)
    assert evidence.stretches[0].state == "genuine"


@pytest.mark.parametrize("way", ["alternate", "average"])
def test_colluders_have_a_case_that_holds(vault: Vault, tmp_path: Path, out: Path, way: str) -> None:
    listeners = [Listener(f"l{number:03}") for number in range(60)]
    mark(vault, write_wav(tmp_path / "long.wav", speech(50, seed=3)), listeners, out, only=["l007", "l042"])
    one, other = load(out / "l007.wav"), load(out / "l042.wav")
    turns = np.arange(one.shape[1]) // RATE % 2
    mixed = (one + other) / 2 if way == "average" else np.where(turns, one, other)
    made = new_case(vault, write_wav(tmp_path / "x.wav", mixed.astype(np.float32)), tmp_path / "case")
    assert {named.listener for named in made.named} <= {"l007", "l042"}
    assert made.verdict == "named"
    assert failed(made.folder) == []


def test_an_expert_can_compute_the_evidence_anew(vault: Vault, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case", open_mark_key=True)
    assert made.mark_key_opened
    assert states(made.folder)[15] == "passed"
    moved = tmp_path / "elsewhere"
    (made.folder / "exhibit.bin").rename(moved)
    assert states(made.folder)[6] == states(made.folder)[15] == "not checked"
    assert states(made.folder, exhibit=moved)[15] == "passed"


def test_heads_from_elsewhere(vault: Vault, leak: Path, tmp_path: Path) -> None:
    early = vault.ledger.head()
    made = new_case(vault, leak, tmp_path / "case")
    sealed = bundles.read_file(made.folder / "bundle.earmark").seal.head
    head, proof = tmp_path / "head.json", tmp_path / "proof.json"
    head.write_text(json.dumps(sealed.facts))
    assert states(made.folder, head=head)[4] == "passed"
    head.write_text(json.dumps(early.facts))
    assert states(made.folder, head=head)[4] == "failed"
    proof.write_text(json.dumps(vault.ledger.consistency(early.size, sealed.size).facts))
    assert states(made.folder, head=head, proof=proof)[4] == "passed"
    for wrong in (b"{}", b"\xff", b"[" * 100_000):
        head.write_bytes(wrong)
        with pytest.raises(UsageError, match="no head"):
            check_case(made.folder, head=head)


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def assert_nobody(vault: Vault, folder: Path) -> None:
    """Check that no file of a case says anything about any listener, by id, name, or secret."""
    recordings = [recording.id for recording in vault.recordings()]
    secrets = [secret for one in recordings for secret in vault.secrets(one, "case").values()]
    for path in folder.iterdir():
        if path.name == "exhibit.bin":
            continue
        content = text_of(path)
        for listener in STAFF:
            assert not re.search(rf"\b{listener.id}\b", content, re.IGNORECASE), (path.name, listener.id)
        assert not any(secret.hex() in content for secret in secrets)
        assert "deficits" not in content


def test_that_chance_fails_a_check_is_told_with_the_case(
    vault: Vault, leak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert UNLUCKY not in new_case(vault, leak, tmp_path / "as-a-rule").notes
    monkeypatch.setattr("earmark.cases.chance.allowed", lambda *_: 0.0)
    made = new_case(vault, leak, tmp_path / "case")
    assert UNLUCKY in made.notes
    assert [number for number, _ in failed(made.folder)] == [14]


def test_below_the_bound_nobody_is_mentioned(vault: Vault, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case", family_wise=1e-250, open_mark_key=True)
    assert (made.verdict, made.named) == ("insufficient", ())
    assert (made.mark_key_opened, NO_KEY in made.notes) == (False, True)
    assert not [one for one in vault.ledger.find("key-opened") if one.body["purpose"] == "open-mark-key"]
    assert failed(made.folder) == []
    assert_nobody(vault, made.folder)
    evidence = json.loads((made.folder / "evidence.json").read_text())
    assert (evidence["accusations"], evidence["attempts"]) == ([], [])
    keys = vault.keys(made.recording.id if made.recording else "", "case")
    for path in made.folder.iterdir():
        content = path.read_bytes()
        assert b'"soft"' not in content
        assert keys.mark_key.hex().encode() not in content


@pytest.mark.usefixtures("marked")
def test_unmarked(vault: Vault, briefing: Path, tmp_path: Path) -> None:
    made = new_case(vault, briefing, tmp_path / "case", open_mark_key=True)
    assert (made.verdict, made.recording, made.named) == ("unmarked", None, ())
    assert failed(made.folder) == []
    assert_nobody(vault, made.folder)
    assert not made.mark_key_opened
    assert len(made.notes) == 1


def test_who_is_not_named_is_not_mentioned(vault: Vault, leak: Path, tmp_path: Path) -> None:
    folder = new_case(vault, leak, tmp_path / "case").folder
    for path in folder.iterdir():
        for listener in STAFF[1:]:
            assert path.name == "exhibit.bin" or not re.search(rf"\b{listener.id}\b", text_of(path)), path.name


def test_listeners_who_came_later(vault: Vault, briefing: Path, out: Path, tmp_path: Path) -> None:
    mark(vault, briefing, STAFF, out)
    mark(vault, briefing, [*STAFF, Listener("gina"), Listener("hugo")], out)
    for name in ("anna", "gina"):
        made = new_case(vault, cut(out / f"{name}.wav", tmp_path / "leak.wav", 5, 25), tmp_path / name)
        assert [one.listener for one in made.named] == [name]
        assert failed(made.folder) == []


@pytest.mark.parametrize("name", ['"><script>a\n\u202e#x.wav', "\udcff\udcfe.wav"], ids=["markup", "no text"])
def test_hostile_names_are_text(vault: Vault, leak: Path, tmp_path: Path, name: str) -> None:
    os.rename(leak, os.fsencode(leak.parent) + b"/" + os.fsencode(name))  # noqa: PTH104
    folder = new_case(vault, leak.parent / name, tmp_path / "case", title="<b>&amp; {{ title }}").folder
    assert sorted(path.name for path in folder.iterdir()) == FILES
    page = (folder / "report.html").read_text("utf-8")
    assert_harmless(page)
    assert "&lt;b&gt;&amp;amp; {{ title }}" in page
    assert not re.search("[\u202a-\u202e\x1b\x00]", page)
    assert failed(folder) == []


def test_hostile_listeners_names_are_text(vault: Vault, briefing: Path, out: Path, tmp_path: Path) -> None:
    mark(
        vault,
        briefing,
        [Listener("anna", "<script>x</script> \u202e #panic()"), *STAFF[1:]],
        out,
        title="</title><svg>",
    )
    folder = new_case(vault, cut(out / "anna.wav", tmp_path / "x.wav", 5, 25), tmp_path / "case").folder
    page = (folder / "report.html").read_text("utf-8")
    assert_harmless(page)
    assert "&lt;script&gt;x&lt;/script&gt; \\u202e #panic() (anna)" in page


def test_hostile_metadata(vault: Vault, out: Path, tmp_path: Path, marked: Delivered) -> None:
    assert marked.made
    sound = load(out / "ben.wav")[:, 5 * RATE : 25 * RATE]
    leak = tmp_path / "x.mka"
    with av.open(str(leak), "w") as file:
        file.metadata["title"] = "<script>alert(1)</script>"
        stream = file.add_stream("pcm_s16le", rate=RATE, layout="mono")
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = RATE
        file.mux([*stream.encode(frame), *stream.encode(None)])
    made = new_case(vault, leak, tmp_path / "case")
    assert [one.listener for one in made.named] == ["ben"]
    assert_harmless((made.folder / "report.html").read_text("utf-8"))


def test_several_streams_of_sound_are_said(vault: Vault, briefing: Path, tmp_path: Path) -> None:
    leak = tmp_path / "two.mka"
    with av.open(str(leak), "w") as file:
        for stream in [file.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in range(2)]:
            assert isinstance(stream, AudioStream)
            frame = av.AudioFrame.from_ndarray((load(briefing)[:, : 4 * RATE] * 32767).astype(np.int16), "s16", "mono")
            frame.sample_rate = RATE
            file.mux([*stream.encode(frame), *stream.encode(None)])
    made = new_case(vault, leak, tmp_path / "case")
    assert "2 streams of sound" in (made.folder / "report.html").read_text("utf-8")
    for result in (made, trace(vault, leak), verify(vault, leak)):
        assert any("2 streams of sound" in note for note in result.notes)


def test_what_is_refused_as_far_too_much_leaves_nothing(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**12))
    huge = tmp_path / "huge.wav"
    with huge.open("wb") as file:
        file.truncate(2**32 + 1)
    for leak in (huge, silence(tmp_path / "days.flac", 90)):
        tracemalloc.start()
        with pytest.raises(MediaError, match=r"not a sound file|more than 24 hours"):
            new_case(vault, leak, tmp_path / "case")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000_000
        assert not (tmp_path / "case").exists()
    kinds = [entry.kind for entry in vault.ledger.entries()]
    assert kinds.count("exhibit-received") == 2
    assert "trace-run" not in kinds


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + bytes(500), b"RIFF, or so it says"])
def test_what_is_no_sound_leaves_nothing(vault: Vault, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(MediaError):
        new_case(vault, tmp_path / "x.wav", tmp_path / "out" / "case")
    assert not list(tmp_path.glob("out/*"))
    assert cases(vault).cases == ()


def test_what_is_no_file(vault: Vault, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "pipe"):
        with pytest.raises(MediaError):
            new_case(vault, path, tmp_path / "case")


def test_a_folder_that_is_there_stays(vault: Vault, leak: Path, tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("case", "leak.wav", "link"):
        with pytest.raises(UsageError, match="there already"):
            new_case(vault, leak, tmp_path / name)


def test_a_disk_without_room(vault: Vault, leak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.cases.folder.HEAD_ROOM_BYTES", 1 << 62)
    with pytest.raises(CaseError, match="are free"):
        new_case(vault, leak, tmp_path / "case")
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize("seal", [True, False])
def test_what_was_altered_is_on_the_first_page(
    vault: Vault, briefing: Path, out: Path, tmp_path: Path, seal: bool
) -> None:
    mark(vault, briefing, STAFF, out, seal_original=seal)
    sound = load(out / "anna.wav")
    forged = np.concatenate([sound[:, 4 * RATE : 14 * RATE], sound[:, 17 * RATE : 30 * RATE]], axis=1)
    made = new_case(vault, write_wav(tmp_path / "leak.wav", forged), tmp_path / "case")
    evidence = read((made.folder / "evidence.json").read_bytes())
    shown = [one for one in evidence.stretches if one.state != "too degraded to say"]
    assert [one.state for one in shown] == ["genuine", "cut here", "genuine"]
    assert shown[1].leak_start_s == pytest.approx(10, abs=0.5)
    assert shown[1].missing_s == pytest.approx(3, abs=0.5)
    assert all(one.error_rate_log10 is not None and one.error_rate_log10 < 0 for one in shown)
    page = (made.folder / "report.html").read_text("utf-8")
    assert "of the recording are missing" in page
    assert any("the original is not at hand" in note for note in made.notes) == (not seal)
    assert made.verdict == "named"
    assert failed(made.folder) == []


def test_it_is_compared_with_the_original_that_is_given(
    vault: Vault, briefing: Path, out: Path, tmp_path: Path
) -> None:
    mark(vault, briefing, STAFF, out, seal_original=False)
    leak = cut(out / "anna.wav", tmp_path / "leak.wav", 5, 25)
    made = new_case(vault, leak, tmp_path / "case", original=briefing)
    assert made.notes == ()
    (run,) = vault.ledger.newest(1, "verify-run")
    assert run.body["with_original"] is True
    assert failed(made.folder) == []
    for wrong, reason in ((leak, "is not the file"), (tmp_path / "missing", "missing")):
        with pytest.raises(MediaError, match=reason):
            new_case(vault, leak, tmp_path / "other", original=wrong)
    assert not (tmp_path / "other").exists()


def test_it_is_copied_before_anything_else(
    vault: Vault, leak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def tracing(opened: Vault, path: Path, **rest: Any) -> Any:
        seen.append(path)
        assert path.read_bytes() == leak.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o400
        leak.unlink()  # nothing of it is needed any more
        return traced(opened, path, **rest)

    monkeypatch.setattr("earmark.api.casework.traced", tracing)
    assert new_case(vault, leak, tmp_path / "case").verdict == "named"
    assert [path.name for path in seen] == ["exhibit.bin"]


@pytest.mark.parametrize("title", ["", " ", "x" * 201])
def test_a_title_that_is_none(vault: Vault, leak: Path, tmp_path: Path, title: str) -> None:
    with pytest.raises(UsageError, match="title"):
        new_case(vault, leak, tmp_path / "case", title=title)


def test_every_step_is_in_the_ledger(vault: Vault, leak: Path, tmp_path: Path) -> None:
    made = new_case(vault, leak, tmp_path / "case", open_mark_key=True)
    other = new_case(vault, leak, tmp_path / "again")
    listed = cases(vault).cases
    assert [(one.case, one.verdict, one.exhibit) for one in listed] == [
        (one.case, "named", one.exhibit) for one in (made, other)
    ]
    shown = case(vault, made.case[:6])
    kinds = [event.kind for event in shown.events]
    assert (kinds[0], kinds[1], kinds[-1]) == ("exhibit-received", "trace-run", "case-made")
    assert set(kinds[2:-1]) <= {"key-opened", "verify-run"}
    assert "verify-run" in [entry.kind for entry in vault.ledger.entries()]
    assert any(event.about.endswith("for open-mark-key") for event in shown.events)
    assert not any("open-mark-key" in event.about for event in case(vault, other.case).events)
    assert (shown.named, shown.recording) == (("anna",), made.recording.id if made.recording else None)
    for name in ("c-nothere", "", "c-"):
        with pytest.raises(UsageError, match="case"):
            case(vault, name)
    assert failed(other.folder) == []
    assert "has no earlier trace of this file" in (made.folder / "report.html").read_text("utf-8")
    assert "has 1 earlier trace of this file, 1 with 10⁻⁶ allowed" in (other.folder / "report.html").read_text("utf-8")


Spoil = Callable[[Path], object]


@pytest.mark.parametrize(
    ("number", "spoil"),
    [
        (1, lambda folder: (folder / "bundle.earmark").write_bytes((folder / "bundle.earmark").read_bytes()[:-40])),
        (6, lambda folder: replace(folder / "exhibit.bin", b"another sound")),
        (7, lambda folder: replace(folder / "report.html", (folder / "report.html").read_bytes() + b" ")),
        (7, lambda folder: replace(folder / "evidence.json", b"{}")),
    ],
)
def test_what_was_changed_afterwards(vault: Vault, leak: Path, tmp_path: Path, number: int, spoil: Spoil) -> None:
    folder = new_case(vault, leak, tmp_path / "case").folder
    spoil(folder)
    assert [one for one, _ in failed(folder)] == [number]
    assert not check_case(folder).holds


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def test_a_bundle_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(CaseError, match="cannot be read"):
            check_case(path)
