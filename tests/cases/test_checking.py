"""Nothing that is not so passes: a bundle is changed in every byte, and in everything that it states."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.cases.records import RECORDING, Leaked
from tests.cases.sealed import EXHIBIT, KEY, MARK, Made, ledger, moment, seal

from earmark.cases import bundle as bundles
from earmark.cases import committed
from earmark.cases.again import Again
from earmark.cases.bundle import Bundle, File, Statement
from earmark.cases.checking import Keys, Known, checked
from earmark.cases.checklist import NAMES, Checked, holds
from earmark.cases.evidence import written
from earmark.records.ledger.heads import sign_head
from earmark.records.ledger.merkle import consistency_path, inclusion_path, tree_root
from earmark.records.ledger.proofs import Consistency

MADE = Made()
SEALED = MADE.sealed()
SMALL = Made(Leaked(segments=36, listeners=2), made_by="x").sealed()


def deaf(_path: Path, _keys: Keys, _bundle: Bundle) -> list[Again]:
    raise AssertionError("nothing should be heard here")


def checks_of(path: Path, data: bytes, known: Known | None = None, hear: Any = deaf) -> dict[int, Checked]:
    (path / "exhibit.bin").write_bytes(EXHIBIT)
    (path / "bundle.earmark").write_bytes(data)
    _, found = checked(path / "bundle.earmark", known or Known(), hear)
    assert [one.number for one in found] == list(range(1, 16))
    assert [one.name for one in found] == list(NAMES)
    return {one.number: one for one in found}


def failed(found: dict[int, Checked]) -> set[int]:
    return {number for number, one in found.items() if one.state == "failed"}


def not_checked(found: dict[int, Checked]) -> set[int]:
    return {number for number, one in found.items() if one.state == "not checked"}


@pytest.mark.parametrize("leaked", [Leaked(), Leaked(leakers=2, segments=150), Leaked(listeners=1)])
def test_a_case_as_it_should_be(tmp_path: Path, leaked: Leaked) -> None:
    found = checks_of(tmp_path, Made(leaked).sealed())
    assert failed(found) == set(), found
    assert not_checked(found) == {4, 7, 15}
    assert holds(found.values())


def test_no_chance_is_told_that_ciphers_do_not_carry(tmp_path: Path) -> None:
    sure = Made(Leaked(segments=400)).with_mark_key()
    found = checks_of(tmp_path, sure.sealed(), hear=lambda *_: heard_again(sure))
    assert holds(found.values()), found
    assert sure.leaked.evidence().accusations[0].bound_log10 < -40
    assert found[13].detail.startswith("10^-30.00 or less")
    assert found[15].detail.endswith("10^-30.00 or less")


def test_a_case_that_names_nobody(tmp_path: Path) -> None:
    made = Made(Leaked(leakers=0))
    acts = [act for act in made.acts(made.statement()) if act[0] != "key-opened"]
    data = made.sealed(acts=acts)
    found = checks_of(tmp_path, data)
    assert failed(found) == set(), found
    assert not_checked(found) == {4, 7, 9, 10, 11, 12, 13, 14, 15}
    assert not any(name.encode() in data for name in made.leaked.ids)


def test_every_changed_byte_is_refused() -> None:
    bundle = bundles.read(SMALL)
    committed.check_signature(bundle)
    committed.check_entries(bundle)
    for place in range(len(SMALL)):
        changed = SMALL[:place] + bytes([SMALL[place] ^ (1 << place % 8)]) + SMALL[place + 1 :]
        with pytest.raises(ValueError):
            proved(changed)


@given(st.integers(0, len(SMALL) - 1), st.integers(0, 255))
def test_every_other_byte_is_refused(place: int, byte: int) -> None:
    changed = SMALL[:place] + bytes([byte]) + SMALL[place + 1 :]
    if changed != SMALL:
        with pytest.raises(ValueError):
            proved(changed)


@given(st.integers(0, len(SMALL) - 1), st.integers(1, 40), st.binary(max_size=3))
def test_what_is_cut_out_or_put_in_is_refused(place: int, length: int, put_in: bytes) -> None:
    changed = SMALL[:place] + put_in + SMALL[place + length :]
    if changed != SMALL:
        with pytest.raises(ValueError):
            proved(changed)


def proved(data: bytes) -> None:
    """Make checks 1 to 3, which every byte has to pass."""
    bundle = bundles.read(data)
    committed.check_signature(bundle)
    committed.check_entries(bundle)


@given(st.binary(max_size=300))
def test_anything_is_a_bundle_or_none(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for content in (data, bundles.MAGIC + data):
        assert failed(checks_of(folder, content)) == {1}


Change = Callable[[dict[str, Any]], object]


def put(*path: str | int, value: Any) -> Change:
    """Return what sets a value deep in a statement."""

    def change(facts: dict[str, Any]) -> None:
        *way, last = path
        place: Any = facts
        for step in way:
            place = place[step]
        place[last] = value(place[last]) if callable(value) else value

    return change


def together(*changes: Change) -> Change:
    """Return what makes several changes."""
    return lambda facts: [change(facts) for change in changes]


def restated(change: Change, made: Made = MADE) -> Statement:
    facts = json.loads(made.statement().model_dump_json(by_alias=True))
    change(facts)
    return Statement.model_validate_json(json.dumps(facts))


ACCUSED = ("evidence", "accusations", 0)
ATTEMPT = ("evidence", "attempts", 0)
LIES: list[tuple[int, Change]] = [
    (5, put("made_at", value="2026-11-23T08:00:00.000000Z")),
    (5, put("evidence", "family_wise", value=1e-3)),
    (6, put("evidence", "exhibit", "bytes", value=8)),
    (8, put("evidence", "recording", "coalition", value=5)),
    (8, put("evidence", "recording", "input_sha256", value="00" * 32)),
    (8, put("evidence", "recording", "grid", "segment_ms", value=80)),
    (8, put("evidence", "listeners", value=11)),
    (9, put("openings", "bias_seed", value="00" * 32)),
    (9, put("openings", "bias_seed", value=None)),
    (9, put(*ATTEMPT, "heard", "thresholds", 0, value=lambda threshold: threshold + 1)),
    (10, put("openings", "listeners", 0, "secret", value="00" * 32)),
    (10, put("openings", "listeners", 0, "index", value=1)),
    (10, put("openings", "listeners", 0, "path", 0, value="00" * 32)),
    (10, put("openings", "listeners", value=[])),
    (10, put("openings", "listeners", value=lambda one: one + one)),
    (11, put(*ATTEMPT, "heard", "soft", 3, value=lambda soft: -soft)),
    (11, put(*ATTEMPT, "bank", 0, "weight", value=lambda weight: weight * 1.001)),
    (11, put(*ATTEMPT, "bank", 0, "colluders", value=2)),
    (11, put(*ACCUSED, "scores", 0, value=lambda score: score + 1)),
    (12, put(*ACCUSED, "deficit", value=lambda deficit: deficit + 1)),
    (13, put(*ACCUSED, "bound_log10", value=lambda bound: bound - 0.01)),
    (13, put(*ACCUSED, "bound_log10", value=-5.9)),
    (13, put(*ACCUSED, "tail_log10", value=lambda tail: tail - 1)),
    (13, put(*ACCUSED, "price_log10", value=lambda price: price - 1)),
    (
        13,
        together(
            *(
                put(*ACCUSED, name, value=lambda x, by=by: x + by)
                for name, by in (("tail_log10", 1), ("price_log10", -1))
            )
        ),
    ),
    (5, put(*ATTEMPT, "heard", "share", value=0.5)),
    (13, put(*ATTEMPT, "heard", "share", value=0.5)),
    (5, put(*ACCUSED, "bound_log10", value=lambda bound: bound + 0.01)),
    (5, put("evidence", "tracks", value=4)),
    (5, put("evidence", "listeners", value=11)),
    (14, put(*ATTEMPT, "innocents", "deficits", value=lambda listed: listed[1:])),
    (14, put(*ATTEMPT, "innocents", "deficits", value=lambda listed: listed[::-1])),
    (14, put(*ATTEMPT, "innocents", "deficits", value=lambda listed: [0] * len(listed))),
    (14, put(*ATTEMPT, "innocents", "deficits", 10, value=2**40)),
    (14, put(*ATTEMPT, "innocents", "every", value=2)),
]


@pytest.mark.parametrize(("number", "change"), LIES)
def test_a_lie_that_the_owner_seals_is_found(tmp_path: Path, number: int, change: Change) -> None:
    """The owner can sign what they like; what they committed to beforehand they cannot change."""
    assert number in failed(checks_of(tmp_path, MADE.sealed(restated(change), MADE.acts(MADE.statement()))))


def leaves(value: Any, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the ways to everything in JSON that is neither an object nor a list."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, (*way, key))]
    if isinstance(value, list):
        return [leaf for index, one in enumerate(value) for leaf in leaves(one, (*way, index))]
    return [way]


OPENED = MADE.with_mark_key()
FACTS = json.loads(OPENED.statement().model_dump_json(by_alias=True))
LEAVES = leaves(FACTS)
KINDS = list({tuple(step for step in way if isinstance(step, str)): way for way in LEAVES}.values())
WILD: st.SearchStrategy[Any] = st.sampled_from(
    [0, 1, -1, 47, 65_535, 2**31, 2**53 - 1, 0.5, -0.0, 1e-300, 1e300, -1e300, None, "", "ab" * 32, []]
)


@given(st.lists(st.tuples(st.sampled_from(KINDS) | st.sampled_from(LEAVES), WILD), min_size=1, max_size=3))
def test_whatever_an_owner_signs_is_checked(
    tmp_path_factory: pytest.TempPathFactory, wild: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    """No value of a statement makes a check end in anything but passed, failed, or not checked."""
    facts = json.loads(json.dumps(FACTS))
    for way, value in wild:
        put(*way, value=value)(facts)
    try:
        statement = Statement.model_validate_json(json.dumps(facts))
    except ValueError:
        return
    data = OPENED.sealed(statement, OPENED.acts(OPENED.statement()))
    found = checks_of(tmp_path_factory.mktemp("wild"), data, hear=lambda *_: heard_again(OPENED))
    if statement != OPENED.statement():
        assert 2 not in failed(found)


def without(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [act for act in MADE.acts(MADE.statement()) if act[0] != kind]


def test_what_has_to_be_there(tmp_path: Path) -> None:
    for kind, numbers in {
        "vault-made": {2, 5},
        "recording-marked": {5, 8, 9, 10},
        "copy-given": {5, 10},
        "exhibit-received": {5, 6},
        "trace-run": {5},
        "key-opened": {5},
    }.items():
        assert failed(checks_of(tmp_path, MADE.sealed(acts=without(kind)))) == numbers, kind


def test_what_came_too_late(tmp_path: Path) -> None:
    acts = MADE.acts(MADE.statement())
    assert failed(checks_of(tmp_path, MADE.sealed(acts=[acts[0], *acts[2:], acts[1]]))) == {5}
    assert failed(checks_of(tmp_path, MADE.sealed(acts=[*acts[:2], *acts[-3:], *acts[2:-3]]))) == {5}


def test_a_trace_that_named_others(tmp_path: Path) -> None:
    lies: list[dict[str, Any]] = [
        {"named": []},
        {"named": [{"listener": "somebody"}]},
        {"verdict": "unmarked"},
        {"recording": None},
    ]
    for body in lies:
        acts = [
            (kind, {**facts, **(body if kind == "trace-run" else {})}) for kind, facts in MADE.acts(MADE.statement())
        ]
        assert failed(checks_of(tmp_path, MADE.sealed(acts=acts))) == {5}


def test_what_has_nothing_to_do_with_the_case(tmp_path: Path) -> None:
    """Whatever an entry tells of other people is not to be spread with the case."""
    acts = MADE.acts(MADE.statement())
    trace = next(body for kind, body in acts if kind == "trace-run")
    others: list[tuple[str, dict[str, Any]]] = [
        ("trace-run", trace | {"exhibit": "00" * 32, "named": [{"listener": "somebody"}]}),
        ("exhibit-received", {"sha256": "00" * 32, "size": 7}),
        ("exposure-shown", {"listener": "somebody"}),
        ("key-opened", {"recordings": ["r-zzzzzzzz"], "keys": [], "purpose": "case"}),
        ("listeners-added", {"recording": "r-zzzzzzzz", "listeners": 7, "listeners_root": "00" * 32}),
        ("case-made", {"case": "c-zzzzzzzz", "exhibit": "00" * 32, "verdict": "named"}),
    ]
    for other in others:
        assert failed(checks_of(tmp_path, MADE.sealed(acts=[*acts[:-1], other, acts[-1]]))) == {5}, other
    twice = [*acts[:-2], acts[-2], acts[-2], acts[-1]]
    assert failed(checks_of(tmp_path, MADE.sealed(acts=twice))) == {5}


def test_a_bundle_of_a_former_format_says_so(tmp_path: Path) -> None:
    former = checks_of(tmp_path, SEALED.replace(b"case/2", b"case/1", 1))[1]
    assert former.state == "failed"
    assert "format 1" in former.detail


def grown(first: int, size: int, added: int) -> list[tuple[str, dict[str, Any]]]:
    """Return entries of a recording whose listeners were committed to in two steps."""
    acts, leaves = MADE.acts(MADE.statement()), MADE.leaves
    acts[1] = (acts[1][0], acts[1][1] | {"listeners": first, "listeners_root": tree_root(leaves[:first]).hex()})
    root = tree_root(leaves[:size]).hex()
    body = {"recording": RECORDING, "added": added, "listeners": size, "listeners_root": root}
    return [*acts[:2], ("listeners-added", body), *acts[2:]]


def opened_in(size: int) -> Statement:
    """Return the statement with whoever is named opened in the tree of that size; the trace comes one entry later."""
    traced = [kind for kind, _ in MADE.acts(MADE.statement())].index("trace-run")
    path = [part.hex() for part in inclusion_path(MADE.leaves[:size], 0)]
    opening = ("openings", "listeners", 0)
    return restated(
        together(
            put(*opening, "size", value=size),
            put(*opening, "path", value=path),
            put("made_at", value=moment(traced + 1)),
        )
    )


def test_a_tree_that_has_grown(tmp_path: Path) -> None:
    """Every listener has one leaf that counts: with more to choose from, more would have to be paid for."""
    assert failed(checks_of(tmp_path, MADE.sealed(opened_in(5), grown(5, 12, 7)))) == set()
    assert failed(checks_of(tmp_path, MADE.sealed(opened_in(12), grown(5, 12, 7)))) == {5, 10}
    for added in (0, 6, 8, 12):
        assert 8 in failed(checks_of(tmp_path, MADE.sealed(opened_in(5), grown(5, 12, added))))
    for size, added in ((7, 0), (7, -5), (12, 0)):
        assert 8 in failed(checks_of(tmp_path, MADE.sealed(opened_in(12), grown(12, size, added))))


def test_a_recording_that_was_marked_twice(tmp_path: Path) -> None:
    acts = MADE.acts(MADE.statement())
    again = (acts[1][0], acts[1][1] | {"bias_seed_commitment": "00" * 32})
    for twice in ([*acts[:2], again, *acts[2:]], [acts[0], again, *acts[1:]]):
        assert 8 in failed(checks_of(tmp_path, MADE.sealed(acts=twice)))


def test_a_recording_older_than_the_ledger(tmp_path: Path) -> None:
    acts = MADE.acts(MADE.statement())
    acts[1] = (acts[1][0], {**acts[1][1], "adopted": True})
    assert failed(checks_of(tmp_path, MADE.sealed(acts=acts))) == {5}


def test_a_clock_that_ran_backwards_is_told(tmp_path: Path) -> None:
    bundle = bundles.read(SEALED)
    made = bundle.seal.of_kind("case-made")[0]
    entries = ledger([*MADE.acts(bundle.statement), (made.kind, dict(made.body))])
    received = next(entry.index for entry in entries if entry.kind == "exhibit-received")
    entries[received] = replace(entries[received], time="2020-01-01T00:00:00.000000Z")
    resealed = bundles.written(bundle.stated, seal(entries, [entry.index for entry, _ in bundle.seal.entries]))
    found = checks_of(tmp_path, resealed)
    assert failed(found) == set()
    assert "set back" in found[5].detail
    assert "set back" not in checks_of(tmp_path, SEALED)[5].detail


def test_another_key_is_another_ledger(tmp_path: Path) -> None:
    bundle = bundles.read(SEALED)
    head = bundle.seal.head
    other = sign_head(Ed25519PrivateKey.from_private_bytes(bytes(32)), head.size, head.root, head.time)
    assert failed(checks_of(tmp_path, SEALED, Known(head=other))) == {4}
    forked = sign_head(KEY, head.size, bytes(32), head.time)
    found = checks_of(tmp_path, SEALED, Known(head=forked))
    assert failed(found) == {4}
    assert "two ledgers" in found[4].detail
    assert 4 not in failed(checks_of(tmp_path, SEALED, Known(head=head))) | not_checked(
        checks_of(tmp_path, SEALED, Known(head=head))
    )


@pytest.mark.parametrize("size", [3, 40])
def test_a_head_of_another_time(tmp_path: Path, size: int) -> None:
    acts = MADE.acts(MADE.statement())
    statement = MADE.statement()
    made = bundles.read(MADE.sealed(statement, acts)).seal.of_kind("case-made")[0].body
    entries = ledger([*acts, ("case-made", dict(made)), *[("vault-made", {}) for _ in range(40)]])
    hashes = [entry.hash for entry in entries]
    kept = [
        e.index for e in entries[: len(acts) + 1] if e.body.get("listener", MADE.leaked.ids[0]) == MADE.leaked.ids[0]
    ]
    sealed = bundles.written(bundles.stated(statement), seal(entries[:17], [i for i in kept if i < 17]))
    known = sign_head(KEY, size, tree_root(hashes[:size]), entries[size - 1].time)
    old, new = sorted((size, 17))
    proof = Consistency(old, new, tuple(consistency_path(hashes[:new], old)))
    assert failed(checks_of(tmp_path, sealed, Known(head=known))) - {2, 5} == {4}
    assert failed(checks_of(tmp_path, sealed, Known(head=known, consistency=proof))) - {2, 5} == set()
    wrong = replace(proof, path=(bytes(32), *proof.path[1:]))
    assert failed(checks_of(tmp_path, sealed, Known(head=known, consistency=wrong))) - {2, 5} == {4}


@pytest.mark.parametrize("content", [b"exhibiT", b"exhibit ", b""])
def test_another_exhibit(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bundle.earmark").write_bytes(SEALED)
    (tmp_path / "other.bin").write_bytes(content)
    _, found = checked(tmp_path / "bundle.earmark", Known(exhibit=tmp_path / "other.bin"), deaf)
    assert {one.number for one in found if one.state == "failed"} == {6}


def test_no_exhibit(tmp_path: Path) -> None:
    (tmp_path / "bundle.earmark").write_bytes(SEALED)
    _, found = checked(tmp_path / "bundle.earmark", Known(), deaf)
    assert found[5].state == "not checked"


def test_other_files(tmp_path: Path) -> None:
    record = written(MADE.evidence)
    for content, numbers in ((record, set[int]()), (record.replace(b"leak.wav", b"leak.mp3"), {7})):
        (tmp_path / "evidence.json").write_bytes(content)
        sealed = File(name="evidence.json", sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
        assert failed(checks_of(tmp_path, Made(files=(sealed,)).sealed())) == numbers
    report = File(name="report.html", sha256=hashlib.sha256(b"<p>").hexdigest(), bytes=3)
    data = Made(files=(report,)).sealed()
    (tmp_path / "report.html").write_bytes(b"<p>")
    assert checks_of(tmp_path, data)[7].state == "passed"
    (tmp_path / "report.html").write_bytes(b"<b>")
    assert failed(checks_of(tmp_path, data)) == {7}


def test_files_that_were_sealed_and_are_not_here_are_said(tmp_path: Path) -> None:
    files = [
        File(name=name, sha256=hashlib.sha256(b"<p>").hexdigest(), bytes=3) for name in ("report.html", "report.pdf")
    ]
    (tmp_path / "report.pdf").write_bytes(b"<p>")
    found = checks_of(tmp_path, Made(files=tuple(files)).sealed())[7]
    assert (found.state, found.detail) == ("passed", "report.pdf; not here, though sealed: report.html")


def heard_again(made: Made, change: float = 0.0, shift: int = 0, share: float = 1.0) -> list[Again]:
    """Return what is heard of the exhibit again: all that was put to the codebook."""
    return [
        Again(
            streams,
            made.leaked.heard[which] + shift,
            made.leaked.soft[which] + change,
            made.leaked.amplitude[which],
            share * part,
        )
        for streams, which, part in made.leaked.attempts
    ]


def test_the_mark_key_lets_evidence_be_computed_again(tmp_path: Path) -> None:
    made = MADE.with_mark_key()
    heard_with: list[Keys] = []

    def hear(path: Path, keys: Keys, bundle: Bundle) -> list[Again]:
        heard_with.append(keys)
        assert path.read_bytes() == EXHIBIT
        assert bundle.statement.evidence.recording is not None
        assert bundle.statement.evidence.recording.id == RECORDING
        return heard_again(made, 0.01)

    assert checks_of(tmp_path, made.sealed(), hear=hear)[15].state == "passed"
    assert heard_with == [{None: MARK}]
    assert failed(checks_of(tmp_path, made.sealed(), hear=lambda *_: heard_again(made, 0.2))) == {15}
    assert failed(checks_of(tmp_path, made.sealed(), hear=lambda *_: heard_again(made, shift=7))) == {15}
    assert failed(checks_of(tmp_path, made.sealed(), hear=lambda *_: heard_again(made, share=0.5))) == {15}
    assert failed(checks_of(tmp_path, made.sealed(), hear=lambda *_: [])) == {15}


@dataclass(frozen=True)
class Framed(Leaked):
    """Evidence that somebody who knows the codewords has bent towards the first listener: none of them has leaked."""

    by: float = 0.0

    @cached_property
    def soft(self) -> NDArray[np.float64]:
        fits = 2.0 * self.book.bits(list(self.effective.values())[:1], self.heard)[0] - 1
        noise: NDArray[np.float64] = np.random.default_rng(1).standard_normal(self.segments)
        return np.asarray(noise + self.by * fits)


def test_evidence_bent_as_far_as_may_be_names_nobody(tmp_path: Path) -> None:
    """It is like what is heard, and would name somebody; what is heard does not."""
    bent = Made(Framed(segments=8000, by=0.0999), mark_key=MARK)
    assert bent.evidence.accusations
    straight = heard_again(Made(Framed(segments=8000)))
    data = bent.sealed()
    found = checks_of(tmp_path, data, hear=lambda *_: straight)
    assert failed(found) == {15}
    assert "is not named" in found[15].detail
    assert failed(checks_of(tmp_path, data, hear=lambda *_: heard_again(bent))) == set()


def test_how_much_is_heard_counts_as_well(tmp_path: Path) -> None:
    """Whoever may say of which segments little could be heard chooses those that speak for somebody."""
    made = MADE.with_mark_key()
    (heard,) = heard_again(made)
    for amplitude in (heard.amplitude * 1.1, heard.amplitude * 0):
        assert failed(
            checks_of(tmp_path, made.sealed(), hear=lambda *_, a=amplitude: [replace(heard, amplitude=a)])
        ) == {15}


@pytest.mark.parametrize(
    "change",
    [
        put("openings", "listeners", value=[]),
        put("openings", "listeners", 0, "listener", value="somebody"),
        together(put(*ATTEMPT, "bank", value=lambda bank: [*bank, bank[0]]), put(*ACCUSED, "decoder", value=11)),
    ],
)
def test_what_cannot_be_computed_again_has_failed(tmp_path: Path, change: Change) -> None:
    data = OPENED.sealed(restated(change, OPENED), OPENED.acts(OPENED.statement()))
    assert 15 in failed(checks_of(tmp_path, data, hear=lambda *_: heard_again(OPENED)))


def test_another_mark_key(tmp_path: Path) -> None:
    made = replace(MADE, mark_key=bytes(32))
    assert failed(checks_of(tmp_path, made.sealed())) == {15}
