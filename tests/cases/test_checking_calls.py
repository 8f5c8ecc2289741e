"""A case of a call holds where the ledger has all that it rests on, and no lie about it passes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.records import CALL, STREAMS, Leaked
from tests.cases.sealed import MARK, Acts, Made, device, ledger, seal
from tests.cases.test_checking import (
    ACCUSED,
    ATTEMPT,
    WILD,
    Change,
    checks_of,
    failed,
    heard_again,
    not_checked,
    proved,
    put,
    restated,
    together,
)

from earmark.cases import bundle as bundles
from earmark.cases import committed, computed
from earmark.cases.again import Again
from earmark.cases.bundle import Bundle
from earmark.cases.checking import Keys
from earmark.cases.checklist import NotCheckedError
from earmark.codes.grounds import grounds

MADE = Made(Leaked(of_call=True))
PARTED = Made(Leaked(segments=140, leakers=2, of_call=True, parted=True))
FILE = Made()
SMALL = Made(Leaked(segments=36, listeners=2, of_call=True), made_by="x").sealed()


CHECKS: dict[int, Callable[[Bundle], object]] = {
    5: committed.check_order,
    8: committed.check_recording,
    9: committed.check_biases,
    10: committed.check_secrets,
    12: computed.codewords_of,
}
"""Those that have to do with calls, number 12 only so far that there are codewords; the others take their time."""


def refused(data: bytes) -> set[int]:
    """Return which of these checks a bundle fails."""
    bundle, found = bundles.read(data), set()
    for number, check in CHECKS.items():
        try:
            check(bundle)
        except NotCheckedError:
            continue
        except ValueError:
            found.add(number)
    return found


@pytest.mark.parametrize("leaked", [MADE.leaked, Leaked(leakers=2, segments=150, of_call=True)])
def test_a_case_as_it_should_be(tmp_path: Path, leaked: Leaked) -> None:
    found = checks_of(tmp_path, Made(leaked).sealed())
    assert failed(found) == set(), found
    assert not_checked(found) == {4, 7, 15}


def test_a_case_that_names_nobody(tmp_path: Path) -> None:
    made = Made(Leaked(leakers=0, of_call=True))
    data = made.sealed(acts=[act for act in made.acts(made.statement()) if act[0] != "key-opened"])
    found = checks_of(tmp_path, data)
    assert failed(found) == set(), found
    assert not_checked(found) == {4, 7, 9, 10, 11, 12, 13, 14, 15}
    assert not any(name.encode() in data for name in made.leaked.ids)


def test_a_changed_byte_is_refused() -> None:
    proved(SMALL)
    for place in range(0, len(SMALL), 7):
        changed = SMALL[:place] + bytes([SMALL[place] ^ (1 << place % 8)]) + SMALL[place + 1 :]
        with pytest.raises(ValueError):
            proved(changed)


def signed_anew(**facts: Any) -> Change:
    """Return what puts another receipt in, signed by the right device."""

    def change(statement: dict[str, Any]) -> None:
        opening = statement["openings"]["listeners"][0]
        text = json.dumps(json.loads(opening["receipt"]["text"]) | facts)
        opening["receipt"] |= {"text": text, "signature": device(opening["listener"]).sign(text.encode()).hex()}

    return change


CALLED = ("evidence", "recording", "call")
OPENED = ("openings", "listeners", 0)
LIES: list[tuple[set[int], Change]] = [
    ({8}, put(*CALLED, "slot_ms", value=30)),
    ({8}, put(*CALLED, "streams", 0, "speaker", value="uli")),
    ({8}, together(put(*CALLED, "streams", value=lambda listed: listed[:1]), put(*ATTEMPT, "streams", value=[0]))),
    ({8}, put(*ATTEMPT, "streams", value=[0])),
    ({5}, put(*ATTEMPT, "heard", "share", value=1.0)),
    ({5}, put("evidence", "tracks", value=3)),
    ({8}, put(*CALLED, "streams", 1, "blocks", value=[1, 2])),
    ({8}, put(*CALLED, "streams", 1, "blocks", value=[1])),
    ({8, 9}, put(*ATTEMPT, "heard", "segments", 45, value=2100)),
    ({8}, put("evidence", "recording", "grid", "segment_ms", value=260)),
    ({5, 8}, put("evidence", "listeners", value=11)),
    ({9}, put("openings", "bias_seed", value="00" * 32)),
    ({10}, put(*OPENED, "secret", value="00" * 32)),
    ({10}, put(*OPENED, "receipt", value=None)),
    ({10}, put(*OPENED, "receipt", "signature", value="00" * 64)),
    ({10}, put(*OPENED, "receipt", "text", value="{}")),
    ({10}, put(*OPENED, "receipt", "size", value=1)),
    ({10}, put(*OPENED, "receipt", "size", value=100)),
    ({10}, put(*OPENED, "receipt", "path", 0, value="00" * 32)),
    ({10}, signed_anew(ledger_root="00" * 32)),
    ({10}, signed_anew(challenge="YW5vdGhlcg")),
]
COUNTED = [
    (11, put(*ATTEMPT, "heard", "soft", 3, value=lambda soft: -soft)),
    (12, put(*ACCUSED, "deficit", value=lambda deficit: deficit + 1)),
    (12, put(*OPENED, "secret", value="00" * 32)),
    (13, put(*ACCUSED, "bound_log10", value=lambda bound: bound - 0.01)),
]


@pytest.mark.parametrize(("numbers", "change"), LIES)
def test_a_lie_that_the_owner_seals_is_found(numbers: set[int], change: Change) -> None:
    assert refused(MADE.sealed(restated(change, MADE), MADE.acts(MADE.statement()))) == numbers


@pytest.mark.parametrize(("number", "change"), COUNTED)
def test_a_lie_about_what_was_computed_is_found(tmp_path: Path, number: int, change: Change) -> None:
    assert number in failed(checks_of(tmp_path, MADE.sealed(restated(change, MADE), MADE.acts(MADE.statement()))))


def test_two_are_named_by_different_evidence(tmp_path: Path) -> None:
    """All streams together name one of them, and the other is named by one stream alone."""
    evidence = PARTED.evidence
    assert [(one.listener, one.attempt) for one in evidence.accusations] == [("listener01", 0), ("listener00", 1)]
    assert [(one.streams, one.heard.share) for one in evidence.attempts] == [((0, 2), 0.8), ((2,), 0.1)]
    alone = grounds([PARTED.leaked.case(which, share) for _, which, share in PARTED.leaked.attempts[:1]])
    assert [one.index for one in alone] == [1]
    hear = partial(heard_again, PARTED.with_mark_key())
    found = checks_of(tmp_path, PARTED.with_mark_key().sealed(), hear=lambda *_: hear())
    assert failed(found) == set(), found
    assert not_checked(found) == {4, 7}
    for again in (hear(share=0.99), hear()[:2], hear()[1:], hear(0.2)):
        assert failed(checks_of(tmp_path, PARTED.with_mark_key().sealed(), hear=lambda *_, a=again: a)) == {15}


ALONE, SECOND = ("evidence", "attempts", 1), ("evidence", "accusations", 1)
PARTED_LIES: list[tuple[set[int], Change]] = [
    ({5}, put(*ALONE, "heard", "share", value=0.2)),
    ({5, 13}, put(*ALONE, "heard", "share", value=0.05)),
    ({13}, put(*ATTEMPT, "heard", "share", value=0.1)),
    ({8}, put(*ALONE, "heard", "segments", 0, value=2100)),
    ({8}, put(*ALONE, "streams", value=[0])),
    ({9}, put(*ALONE, "heard", "thresholds", 0, value=lambda threshold: threshold + 1)),
    ({11}, put(*ALONE, "heard", "soft", 3, value=lambda soft: -soft)),
    ({11}, put(*ALONE, "bank", 0, "weight", value=lambda weight: weight * 1.001)),
    ({12}, put(*SECOND, "deficit", value=lambda deficit: deficit - 1)),
    ({5, 13}, put(*SECOND, "bound_log10", value=lambda bound: bound - 0.01)),
    ({14}, put(*ALONE, "innocents", "deficits", value=lambda listed: [0] * len(listed))),
    ({14}, put(*ALONE, "innocents", "deficits", value=lambda listed: listed[1:])),
]


@pytest.mark.parametrize(("numbers", "change"), PARTED_LIES)
def test_a_lie_about_any_attempt_is_found(tmp_path: Path, numbers: set[int], change: Change) -> None:
    data = PARTED.sealed(restated(change, PARTED), PARTED.acts(PARTED.statement()))
    assert numbers <= failed(checks_of(tmp_path, data))


def test_attempts_that_make_no_sense_are_refused() -> None:
    for change in (
        put(*SECOND, "attempt", value=0),
        put(*SECOND, "attempt", value=2),
        put(*ALONE, "heard", "share", value=0.3),
        put(*ALONE, "streams", value=[0, 1]),
        put("evidence", "attempts", value=lambda listed: listed[:1]),
        put("evidence", "attempts", value=lambda listed: listed + listed[:1]),
        put("evidence", "attempts", value=lambda listed: listed[::-1]),
    ):
        with pytest.raises(ValueError):
            restated(change, PARTED)


def test_shares_are_those_that_the_trace_has_set_aside() -> None:
    acts = PARTED.acts(PARTED.statement())
    place = [one for one, _ in acts].index("trace-run")
    for shares in ([0.8, 0.2, 0.1], [0.8], [0.8, 0.2], [], None, 0.8, ["0.8", 0.1], [0.8, 0.1, -0.1], [True, 0.1]):
        acts[place] = ("trace-run", acts[place][1] | {"shares": shares})
        assert refused(PARTED.sealed(acts=acts)) == {5}, shares
    acts[place] = ("trace-run", acts[place][1] | {"shares": [0.1, 0.8]})
    assert refused(PARTED.sealed(acts=acts)) == set()


def test_as_many_listeners_as_the_trace_says() -> None:
    """An owner who leaves out an entry that added listeners would have to have understated them when they traced."""
    acts = MADE.acts(MADE.statement())
    place = [one for one, _ in acts].index("trace-run")
    acts[place] = ("trace-run", acts[place][1] | {"listeners": 13})
    assert refused(MADE.sealed(acts=acts)) == {5}
    assert refused(MADE.sealed(restated(put("evidence", "listeners", value=13), MADE), acts)) == {8}


def test_as_many_streams_as_the_trace_has_looked_for() -> None:
    """How sure a passage has to be goes by that; so nobody may choose it once the codewords are known."""
    call = ("evidence", "recording", "call", "sought")
    acts = MADE.acts(MADE.statement())
    for sought in (2, 4):
        assert refused(MADE.sealed(restated(put(*call, value=sought), MADE), acts)) == {5}
    place = [one for one, _ in acts].index("trace-run")
    for streams in (0, None, "3", 6):
        acts[place] = ("trace-run", acts[place][1] | {"streams": streams})
        assert refused(MADE.sealed(acts=acts)) == {5}
    assert refused(MADE.sealed(restated(put(*call, value=6), MADE), acts)) == {5}  # more than all tracks there were
    acts = FILE.acts(FILE.statement())
    place = [one for one, _ in acts].index("trace-run")
    acts[place] = ("trace-run", acts[place][1] | {"streams": 1})
    assert refused(FILE.sealed(acts=acts)) == {5}


def with_body(kind: str, **changes: Any) -> Acts:
    """Return what the ledger has, with something else in the first entry of a kind that is about who is named."""
    acts = MADE.acts(MADE.statement())
    place = [one for one, _ in acts].index(kind)
    return [*acts[:place], (kind, acts[place][1] | changes), *acts[place + 1 :]]


def test_what_the_ledger_says_has_to_fit() -> None:
    for acts, number in [
        (with_body("person-consented", nonce="00" * 32), 10),
        (with_body("person-consented", nonce=7), 10),
        (with_body("person-consented", nonce="not hexadecimal"), 10),
        (with_body("person-consented", device="00" * 32), 10),
        (with_body("person-consented", counts=False), 10),
        (with_body("person-consented", receipt_sha256="00" * 32), 10),
        (with_body("stream-opened", speaker="uli"), 8),
        (with_body("stream-opened", stream=[]), 8),
        (with_body("block-opened", block=2), 8),
        (with_body("block-opened", number={}), 8),
        (with_body("call-opened", bias_seed_commitment="00" * 32), 9),
        (with_body("call-opened", listeners_root="00" * 32), 10),
        (with_body("call-opened", slot_ms=30), 8),
    ]:
        assert number in refused(MADE.sealed(acts=acts))


def test_what_has_to_be_there() -> None:
    for kind, numbers in {
        "call-opened": {5, 8, 9, 10},
        "person-consented": {5, 10, 12},
        "person-admitted": {5},
        "stream-opened": {5, 8},
        "block-opened": {5, 8},
        "exhibit-received": {5},
        "trace-run": {5},
        "key-opened": {5},
    }.items():
        acts = [act for act in MADE.acts(MADE.statement()) if act[0] != kind]
        assert refused(MADE.sealed(acts=acts)) == numbers, kind


def late(*kinds: str) -> Acts:
    """Return the ledger's entries with those of some kinds after all others."""
    acts = MADE.acts(MADE.statement())
    return [*(act for act in acts if act[0] not in kinds), *(act for act in acts if act[0] in kinds)]


def test_what_came_too_late() -> None:
    """Codewords were settled before their listener was let in, and all of it before the leak was there."""
    for kinds in (
        ["call-opened"],
        ["person-consented"],
        ["person-consented", "person-admitted"],
        ["block-opened"],
        ["stream-opened", "block-opened"],
    ):
        assert 5 in refused(MADE.sealed(acts=late(*kinds))), kinds
    acts = MADE.acts(MADE.statement())
    consented = [one for one, _ in acts].index("person-consented")
    acts[consented : consented + 2] = acts[consented : consented + 2][::-1]
    assert refused(MADE.sealed(acts=acts)) == {5}
    opened = [one for one, _ in MADE.acts(MADE.statement())].index("stream-opened")
    acts = MADE.acts(MADE.statement())
    acts[opened : opened + 2] = acts[opened : opened + 2][::-1]
    assert refused(MADE.sealed(acts=acts)) == {8}


def test_nobody_else_is_mentioned() -> None:
    statement = MADE.statement()
    named = {one.listener for one in statement.evidence.accusations}
    text = MADE.sealed(statement).decode()
    assert [name for name in MADE.leaked.ids if name in text] == sorted(named)
    entries = ledger([*MADE.acts(statement), ("case-made", {"case": statement.case})])
    everybody = bundles.written(bundles.stated(statement), seal(entries, [entry.index for entry in entries]))
    assert refused(everybody) == {10}


def test_the_mark_keys_let_evidence_be_computed_again(tmp_path: Path) -> None:
    made, heard_with = MADE.with_mark_key(), list[Keys]()

    def hear(_path: Path, keys: Keys, bundle: Bundle) -> list[Again]:
        heard_with.append(keys)
        assert bundle.statement.evidence.recording is not None
        assert bundle.statement.evidence.recording.id == CALL
        return heard_again(made, 0.01)

    assert checks_of(tmp_path, made.sealed(), hear=hear)[15].state == "passed"
    assert heard_with == [{one.stream: MARK for one in STREAMS}]
    for change in (
        put("openings", "stream_keys", 0, "mark_key", value="00" * 32),
        put("openings", "stream_keys", value=lambda listed: listed[:1]),
        put("openings", "stream_keys", value=lambda listed: listed[::-1]),
    ):
        data = made.sealed(restated(change, made), made.acts(made.statement()))
        assert failed(checks_of(tmp_path, data, hear=hear)) == {15}


def test_what_a_call_has_and_a_file_has_not() -> None:
    for change in (
        put("evidence", "recording", "input_sha256", value="cd" * 32),
        put("evidence", "recording", "call", value=None),
        put(*CALLED, "streams", value=[]),
        put(*CALLED, "streams", value=lambda listed: listed[:1]),
        put(*CALLED, "sought", value=1),
        put(*ATTEMPT, "streams", value=None),
        put(*ATTEMPT, "streams", value=[]),
        put(*ATTEMPT, "streams", value=[0, 1]),
        put(*ATTEMPT, "streams", value=[2, 0]),
        put(*CALLED, "streams", value=lambda listed: listed[::-1]),
        put(*CALLED, "streams", 0, "blocks", value=[]),
        put(*CALLED, "streams", 0, "blocks", value=[1]),
        put(*CALLED, "slot_ms", value=0),
    ):
        with pytest.raises(ValueError):
            restated(change, MADE)


def test_another_secret_or_nonce_is_another_codeword() -> None:
    other = replace(MADE, leaked=replace(MADE.leaked, seed=hashlib.sha256(b"other").digest()))
    assert bundles.read(other.sealed()).statement.openings != MADE.statement().openings


ENTERED = [
    (made, place, key)
    for made in (MADE, FILE)
    for place, (_, body) in enumerate(made.acts(made.statement()))
    if body.get("listener", made.leaked.ids[0]) == made.leaked.ids[0]
    for key in body
]


@given(st.sampled_from(ENTERED), WILD | st.dictionaries(st.text(max_size=1), st.none(), max_size=1))
def test_whatever_an_owner_enters_is_checked(where: tuple[Made, int, str], value: Any) -> None:
    """No value in any entry makes a check end in anything but passed, failed, or not checked."""
    made, place, key = where
    acts = made.acts(made.statement())
    acts[place] = (acts[place][0], acts[place][1] | {key: value})
    refused(made.sealed(acts=acts))
