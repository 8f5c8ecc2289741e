from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.conftest import STAFF
from tests.api.voices import cut, speech, write_wav

from earmark.api import Delivered, Listener, Vault, exposure, mark
from earmark.api.exposing import joined, rest
from earmark.errors import EarmarkError, MediaError, UsageError

intervals = st.lists(st.tuples(st.floats(-5, 50), st.floats(-5, 50)), max_size=8)


@given(intervals, st.floats(1, 40), st.floats(0, 40))
def test_every_moment_is_public_or_not(listed: list[tuple[float, float]], length: float, moment: float) -> None:
    public = joined(listed, length)
    left = rest(public, length)
    inside = [start < moment < end for start, end in listed]
    if 0 < moment < length and not any(moment in one for one in (*listed, *public)):
        assert any(start < moment < end for start, end in public) == any(inside)
        assert any(start < moment < end for start, end in left) == (not any(inside))
    assert sum(end - start for start, end in [*public, *left]) == pytest.approx(length)
    assert public == sorted(public)


@pytest.fixture
def dated(tmp_path: Path) -> Callable[[datetime], Vault]:
    Vault.init(tmp_path / "vault").close()
    return lambda moment: Vault(tmp_path / "vault", clock=lambda: moment)


def test_what_a_laptop_had_heard(dated: Callable[[datetime], Vault], tmp_path: Path) -> None:
    for month, seed in ((1, 5), (3, 6), (5, 7)):
        with dated(datetime(2026, month, 3, 23, 59, tzinfo=UTC)) as vault:
            source = write_wav(tmp_path / f"b{month}.wav", speech(20, seed=seed))
            mark(vault, source, STAFF, tmp_path / f"out{month}", title=f"month {month}", classification="secret")
    with dated(datetime(2026, 6, 1, tzinfo=UTC)) as vault:

        def titles(since: date | None = None, until: date | None = None) -> list[str]:
            found = exposure(vault, "ANNA", since=since, until=until)
            assert found.listener == "anna"
            assert found.exposed_s == pytest.approx(20 * len(found.recordings))
            assert {one.classification for one in found.recordings} <= {"secret"}
            return [one.recording.title for one in found.recordings]

        assert titles() == ["month 1", "month 3", "month 5"]
        assert titles(until=date(2026, 3, 3)) == ["month 1", "month 3"]
        assert titles(until=date(2026, 3, 2)) == ["month 1"]
        assert titles(since=date(2026, 3, 3)) == ["month 3", "month 5"]
        assert titles(since=date(2026, 3, 4), until=date(2026, 5, 2)) == []
        assert len(vault.ledger.find("exposure-shown")) == 5


@pytest.mark.usefixtures("marked")
def test_what_is_public_is_subtracted(vault: Vault, out: Path, tmp_path: Path) -> None:
    leaks = [cut(out / "ben.wav", tmp_path / f"{start}.wav", start, start + 12.0) for start in (4.0, 10.0)]
    unmarked = write_wav(tmp_path / "other.wav", speech(9, seed=9))
    found = exposure(vault, "anna", leaks=[*leaks, unmarked])
    (one,) = found.recordings
    (public,) = one.public
    assert public.start_s == pytest.approx(4, abs=1.5)
    assert public.end_s == pytest.approx(22, abs=1.5)
    assert len(one.exposed) == 2
    assert one.exposed_s == pytest.approx(40 - 18, abs=3)
    assert found.exposed_s == one.exposed_s
    assert found.notes == ("nothing was recognised in other.wav",)
    assert "ben" not in repr(found)  # whose copy a leak was is not asked here


def test_who_was_never_given_anything(vault: Vault, marked: Delivered, briefing: Path, out: Path) -> None:
    assert marked.made
    mark(vault, briefing, [*STAFF, Listener("gina")], out, only=["anna"])
    assert exposure(vault, "gina").recordings == ()
    for name in ("nobody", "<script>", ""):
        with pytest.raises(EarmarkError):
            exposure(vault, name)


@pytest.mark.usefixtures("marked")
def test_what_makes_no_sense(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="before"):
        exposure(vault, "anna", since=date(2026, 3, 4), until=date(2026, 3, 3))
    with pytest.raises(MediaError):
        exposure(vault, "anna", leaks=[tmp_path / "missing"])
