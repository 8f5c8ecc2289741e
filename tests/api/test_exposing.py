from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.conftest import STAFF
from tests.api.voices import cut, speech, write_wav
from tests.members import START, Clock, Member, short_call

from earmark.api import Delivered, Listener, Vault, exposure, mark
from earmark.api.exposing import joined, rest
from earmark.api.finding import DETECTOR
from earmark.errors import EarmarkError, MediaError, UsageError
from earmark.records.calls.entries import NewCall

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


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Vault]:
    """A vault with two calls: anna is there for ten minutes, ben for two of them; the second is a week later."""
    clock = Clock()
    with Vault.init(tmp_path / "vault", clock=clock) as vault:
        short_call(vault, clock.wait)
        clock.wait(7 * 24 * 3600)
        short_call(vault, clock.wait, title="Board again")
        yield vault


def test_what_was_heard_of_calls(called: Vault) -> None:
    ben = exposure(called, "BEN")
    assert ben.listener == "ben"
    assert [(one.kind, one.recording.title, one.classification, one.copies) for one in ben.recordings] == [
        ("call", "Board", "secret", 1),
        ("call", "Board again", "secret", 1),
    ]
    for one in ben.recordings:
        assert one.seconds == one.exposed_s == pytest.approx(120)
        assert [(part.start_s, part.end_s) for part in one.exposed] == [pytest.approx((60, 180))]
    assert exposure(called, "anna").exposed_s == pytest.approx(1200)
    assert exposure(called, "dora").recordings == ()  # was invited and never came
    assert ben.devices == (Member("ben").public_key.hex(),)


def test_what_a_device_has_heard(called: Vault) -> None:
    key = Member("ben").public_key.hex()
    whole = exposure(called, device=key)
    assert (whole.listener, whole.device, whole.used_by, whole.devices) == (None, key, ("ben",), ())
    assert whole.recordings == exposure(called, "ben").recordings
    assert exposure(called, device=key[:8].upper()).recordings == whole.recordings
    assert whole.notes == ("which files were on it is not known: “earmark exposure ben” has those that ben was given",)
    day = START.date()
    assert [one.recording.title for one in exposure(called, device=key, until=day).recordings] == ["Board"]
    assert [one.recording.title for one in exposure(called, device=key, since=day + timedelta(1)).recordings] == [
        "Board again"
    ]
    assert called.ledger.newest(1, "exposure-shown")[0].body == {"device": key}


def test_another_device_of_the_same_person_is_another_device(tmp_path: Path) -> None:
    clock, laptop, phone = Clock(), Member("anna"), Member("another key of anna's")
    with Vault.init(tmp_path / "vault", clock=clock) as vault:
        call = vault.calls.create(
            NewCall(title="Board", detector=DETECTOR, depth=0.3, slot_ms=20, segment_ms=240), [Listener("anna")]
        )
        for device, minutes in ((laptop, 5), (phone, 7), (laptop, 1)):
            receipt = laptop.receipt(call.id)
            signature = device.device.sign(receipt.encode())
            key = device.public_key
            vault.calls.consent(call.id, "anna", nonce=laptop.nonce(), receipt=receipt, signature=signature, device=key)
            vault.calls.admitted(call.id, "anna")
            clock.wait(60 * minutes)
            vault.calls.left(call.id, "anna")
        vault.calls.end(call.id)
        heard = [exposure(vault, device=one.public_key.hex()).recordings[0] for one in (laptop, phone)]
        assert [(one.copies, one.exposed_s) for one in heard] == [(2, 360), (1, 420)]
        assert exposure(vault, "anna").exposed_s == pytest.approx(780)
        assert len(exposure(vault, "anna").devices) == 2


def test_a_night_in_a_call_is_cut_at_midnight(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    with Vault.init(tmp_path / "vault", clock=clock) as vault:
        short_call(vault, lambda seconds: clock.wait(10 * seconds))
        before = exposure(vault, "anna", until=date(2026, 3, 3))
        after = exposure(vault, "anna", since=date(2026, 3, 4))
    assert (before.exposed_s, after.exposed_s) == (1800, 4200)
    assert [(part.start_s, part.end_s) for part in after.recordings[0].exposed] == [(1800, 6000)]


def test_devices_that_are_none(called: Vault) -> None:
    for wrong in ("", "1234567", "0123456789abcdef", "<script>", "ben"):
        with pytest.raises(UsageError, match="is the key of no device"):
            exposure(called, device=wrong)
    for listener, device in (("ben", Member("ben").public_key.hex()), (None, None)):
        with pytest.raises(UsageError, match="either a listener or a device"):
            exposure(called, listener, device=device)
