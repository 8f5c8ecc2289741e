"""What a report says, with and without a name; what it looks like is for eyes."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from math import log10
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape
from tests.cases.pages import assert_harmless
from tests.cases.records import Leaked
from tests.cases.sealed import Made, evidence_of

from earmark.cases.computed import codewords_of
from earmark.cases.evidence import Evidence
from earmark.cases.facts import Passage, Stretch
from earmark.cases.folder import CaseError
from earmark.cases.report import pictures
from earmark.cases.report.alterations import alterations
from earmark.cases.report.drawable import drawable, draws
from earmark.cases.report.first_page import NOTICE, Background
from earmark.cases.report.page import page
from earmark.cases.report.paper import inputs, paper
from earmark.cases.report.story import TESTS, Story, told
from earmark.cases.report.words import UNTOLD, clock, day, figures, length, listed, odds, share, size, visible
from earmark.cases.scores import BANK

TIME = "2026-11-23T09:%02d:00.000000Z"


def background(leaked: Leaked, **changes: object) -> Background:
    bundle = Made(leaked).bundle()
    codewords = codewords_of(bundle) if leaked.leakers else []
    whole = Background(
        case="c-abcdefgh",
        title="The leak",
        made_at=TIME % 30,
        made_by="earmark 0.1.0",
        received_at=TIME % 20,
        marked_at=TIME % 1,
        given_at=dict.fromkeys(leaked.ids[: leaked.leakers], TIME % 5),
        names={},
        codewords=codewords,
        public_key="ab" * 32,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def story_of(leaked: Leaked, **changes: object) -> Story:
    return told(leaked.evidence(), background(leaked, **changes))


NAMED = Leaked()
NOBODY = Leaked(leakers=0)
TWO = Leaked(leakers=2, segments=150)


@pytest.mark.parametrize("leaked", [NAMED, NOBODY, TWO])
def test_the_first_lines_say_that_a_copy_is_no_person(leaked: Leaked) -> None:
    text = page(story_of(leaked)).decode()
    assert_harmless(text)
    first = text[text.index("<h1>") : text.index("<main")]
    assert NOTICE in first
    assert first.index(NOTICE) < 200


def test_the_first_page_answers_what_is_asked() -> None:
    story = story_of(NAMED, names={"listener00": "Chloë Martin"})
    assert story.verdict == "The leak was made from the copy given to Chloë Martin (listener00)."
    questions = [answer.question for answer in story.answers]
    assert questions == [
        "What leaked?",
        "Whose copy was it?",
        "How sure is that?",
        "What was altered?",
        "What does this not prove?",
    ]
    sure = story.answers[2]
    assert sure.lead.startswith("Less than one in ")
    assert sure.lead.endswith(" that any innocent listener is named.")
    assert "one in a million (10⁻⁶)" in sure.more[0]
    assert len(story.figures) == 3
    assert len(story.checks) == 15


def test_two_copies_are_both_named() -> None:
    story = story_of(TWO)
    assert story.verdict.endswith("listener00 and listener01.") or story.verdict.endswith("listener01 and listener00.")
    assert any("with the cop" in row[3] for row in story.bounds)
    assert all(re.match("as if (one copy|[0-9]+ copies) had leaked", row[3]) for row in story.bounds)
    assert {one.name for one in BANK} == set(TESTS)


def test_nobody_is_hinted_at() -> None:
    story = story_of(NOBODY)
    assert (story.bounds, len(story.figures)) == ((), 1)
    assert "About 4 seconds more" in " ".join(story.answers[1].more)
    for content in (page(story).decode(), json.dumps(inputs(story))):
        assert "listener0" not in content
        assert "deficit" not in content


def test_unmarked() -> None:
    evidence = Evidence.model_validate(
        NOBODY.evidence().model_dump()
        | {"verdict": "unmarked", "recording": None, "attempts": (), "passages": (), "stretches": ()}
    )
    story = told(evidence, background(NOBODY, marked_at=None))
    assert story.verdict == "Nothing of any marked recording was found in the leak."
    assert story.figures == ()
    assert_harmless_without_pictures(page(story).decode())
    assert paper(story).startswith(b"%PDF-1.7")


def assert_harmless_without_pictures(text: str) -> None:
    assert "<svg" not in text
    assert "<h1>" in text


def test_the_pdf_is_made_of_the_same_words_and_can_be_read_aloud() -> None:
    story = story_of(NAMED, title="# *bold* $x$ <b> \\ @ref [link](x)")
    made = paper(story)
    assert made.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in made
    assert b"/MarkInfo" in made
    assert made == paper(story)


HOSTILE = [
    "<script>alert(1)<script>.wav",
    '"><img src=x onerror=alert(1)>.wav',
    "../../../etc/passwd.wav".replace("/", "\u2215"),
    "#import sys: inputs; $x$ *bold* \\ @ref.wav",
    "a\u202egnp.wav",
    "a\nb\x1b[31m\x00c.wav".replace("\x00", ""),
    "\udcff\udcfe.wav",
    "x" * 251 + ".wav",
    "{{ 7*7 }}{% raw %}.wav",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_strangers_is_text(name: str) -> None:
    evidence = NAMED.evidence()
    shown = visible(name)
    exhibit = evidence.exhibit.model_copy(update={"name": shown})
    recording = evidence.recording.model_copy(update={"title": shown}) if evidence.recording else None
    story = told(
        evidence.model_copy(update={"exhibit": exhibit, "recording": recording}),
        background(NAMED, title=shown, names={"listener00": shown}),
    )
    text = page(story).decode()
    assert_harmless(text)
    assert f"“{escape(shown)}”" in text
    assert not re.search("[\u202a-\u202e\x00-\x09\x0b-\x1f]", text)
    assert paper(story).startswith(b"%PDF-1.7")


def test_a_copy_that_is_not_on_record() -> None:
    assert "a day that is not on record" in page(story_of(NAMED, given_at={})).decode()


def passage(leak: tuple[float, float], said: tuple[float, float], speed: float = 1.0) -> Passage:
    return Passage(
        leak_start_s=leak[0],
        leak_end_s=leak[1],
        recording_start_s=said[0],
        recording_end_s=said[1],
        speed=speed,
        speaker=None,
        chance_log10=-9.0,
    )


def altered(*passages: Passage, missing: tuple[tuple[float, float], ...] = ()) -> str:
    gaps = tuple(
        Stretch(
            state="not found",
            leak_start_s=start,
            leak_end_s=end,
            recording_start_s=None,
            recording_end_s=None,
            missing_s=0.0,
            error_rate_log10=None,
            speaker=None,
        )
        for start, end in missing
    )
    lead, items = alterations(NAMED.evidence().model_copy(update={"passages": passages, "stretches": gaps}))
    return " ".join((lead, *items))


def test_what_was_altered_is_said() -> None:
    assert "one unbroken passage" in altered(passage((0, 9), (5, 14)))
    assert "missing" in altered(passage((0, 9), (5, 14)), passage((9, 15), (20, 26)))
    assert "order was changed" in altered(passage((0, 9), (50, 59)), passage((9, 15), (20, 26)))
    assert "another speed: 98.0%" in altered(passage((0, 9), (5, 14), speed=1 / 0.98))
    assert "not found" in altered(passage((0, 9), (5, 14)), missing=((9, 12),))
    assert "not found" not in altered(passage((0, 9), (5, 14)), missing=((9, 10),))


def test_what_a_comparison_shows_is_said() -> None:
    gap = NAMED.evidence().stretches[0]
    stretches = (
        gap.model_copy(update={"state": "genuine", "leak_start_s": 0.0, "leak_end_s": 3.0}),
        gap.model_copy(
            update={"state": "cut here", "leak_start_s": 3.0, "leak_end_s": 3.0, "missing_s": 2.5}
            | {"error_rate_log10": -1.6}
        ),
        gap.model_copy(update={"state": "moved", "leak_start_s": 3.0, "leak_end_s": 4.0, "error_rate_log10": None}),
        gap.model_copy(
            update={
                "state": "not from this recording",
                "leak_start_s": 4.0,
                "leak_end_s": 5.0,
                "error_rate_log10": -1.0,
            }
        ),
        gap.model_copy(update={"state": "too degraded to say", "leak_start_s": 5.0, "leak_end_s": 6.0}),
    )
    evidence = NAMED.evidence().model_copy(update={"stretches": stretches})
    _, items = alterations(evidence)
    assert items[0] == (
        "At 0:03.0 of the leak, 2.5 seconds of the recording are missing "
        "(wrong in 2.52\u00a0% of such statements when measured)."
    )
    assert sum("of such statements when measured" in one for one in items) == 2  # of those that are listed
    assert "was moved (how often such statements are wrong was not measured)." in items[1]
    assert len(items) == 5
    story = told(evidence, background(NAMED))
    assert [row[1] for row in story.stretches] == [one.state for one in stretches]
    assert_harmless(page(story).decode())
    assert alterations(evidence.model_copy(update={"stretches": stretches[:1]}))[0].startswith("Nothing")
    lead, items = alterations(evidence.model_copy(update={"stretches": (stretches[0], stretches[4])}))
    assert lead.startswith("Nothing")  # a pause is no alteration
    assert "degraded" in items[0]
    hardly = stretches[4].model_copy(update={"leak_start_s": 5.0, "leak_end_s": 5.04})
    short = evidence.model_copy(update={"stretches": (stretches[0], hardly)})
    assert not any("degraded" in one for one in alterations(short)[1])
    assert [row[1] for row in told(short, background(NAMED)).stretches] == ["genuine"]
    replaced = stretches[4].model_copy(update={"missing_s": 1.0})
    assert not alterations(evidence.model_copy(update={"stretches": (stretches[0], replaced)}))[0].startswith("Nothing")


@pytest.mark.parametrize(
    ("logarithm", "words"),
    [
        (0.0, "one in one"),
        (-0.1, "one in one"),
        (-1.0, "one in 10"),
        (-2.5, "one in 300"),
        (-6.0, "one in a million"),
        (-6.3, "one in a million"),
        (-7.61, "one in 40 million"),
        (-14.0, "one in 100 trillion"),
        (-15.0, "one in a thousand trillion"),
        (-400.0, "one in a thousand trillion"),
    ],
)
def test_odds(logarithm: float, words: str) -> None:
    assert odds(logarithm) == words


def value(words: str) -> float:
    """Return the decimal logarithm of odds in words."""
    scales = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
    parts = words.removeprefix("one in ").replace("one", "1").split()
    if parts == ["a", "thousand", "trillion"]:
        return -15.0
    return -log10(1.0 if parts[0] == "a" else float(parts[0])) - sum(scales[part] for part in parts[1:])


@given(st.floats(-30, 0))
def test_odds_never_promise_too_much(logarithm: float) -> None:
    assert value(odds(logarithm)) >= logarithm - 1e-6


@pytest.mark.parametrize(
    ("logarithm", "text"),
    [
        (0.0, "1"),
        (-6.0, "10⁻⁶"),
        (-26.44, "3.7\u00a0×\u00a010⁻²⁷"),
        (-0.5, "3.2\u00a0×\u00a010⁻¹"),
        (-2.0000001, "10⁻²"),
        (-300.7, "2.0\u00a0×\u00a010⁻³⁰¹"),
    ],
)
def test_figures(logarithm: float, text: str) -> None:
    assert figures(logarithm) == text


def test_times_lengths_and_lists() -> None:
    assert (clock(59.96), clock(3661.5)) == ("1:00.0", "1:01:01.5")
    assert (length(15), length(75), length(7200)) == ("15.0 seconds", "1 min 15 s", "2 h")
    assert day(TIME % 7) == "23 November 2026, 09:07 UTC"
    assert datetime.fromisoformat(TIME % 7).tzinfo == UTC
    assert (size(999), size(1500), size(10**10)) == ("999 bytes", "1.5 kB", "10.0 GB")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")


@given(st.text())
def test_nothing_invisible_stays(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert shown.isprintable() or " " in shown or any(one.isspace() for one in shown)


@given(st.text(max_size=30), st.integers(0, 30), st.integers(1, 30))
def test_pictures_are_whole_whatever_the_names(name: str, innocents: int, segments: int) -> None:
    rng = np.random.default_rng(1)
    shown = visible(name)
    for svg in (
        pictures.agreement(rng.standard_normal(segments), rng.integers(0, 2, segments), shown),
        pictures.among(rng.uniform(0.3, 0.9, innocents), [(shown, 0.99)] * 7),
        pictures.time_line(NAMED.evidence().stretches, 0.0, 0.0),
    ):
        root = ElementTree.fromstring(pictures.standing_alone(svg))  # noqa: S314
        assert root.tag.endswith("svg")
        assert len(svg) < 200_000


def test_long_leaks_have_small_pictures() -> None:
    rng = np.random.default_rng(1)
    assert len(pictures.agreement(rng.standard_normal(50_000), rng.integers(0, 2, 50_000), "x")) < 100_000


CALLED = Leaked(of_call=True)


UNDRAWABLE = [
    "日本語の題名",
    "สวัสดีค่ะ",
    "会议录音 😀👨\u200d👩\u200d👧.ogg",
    "e\u20e3 a\u0301\u0323",
    "한국어 \u1100\u1161",
    "<日&本>",
    "#日 $本$ \\ก",
]


@pytest.mark.parametrize("text", UNDRAWABLE)
def test_what_no_font_can_draw_is_written_as_its_number(text: str) -> None:
    story = story_of(NAMED, title=text, names={"listener00": text})
    assert paper(story).startswith(b"%PDF-1.7")
    assert str(escape(text)) in page(story).decode()
    shown = drawable(text)
    assert drawable(shown) == shown
    assert draws(shown)
    assert decoded(shown) == text


@pytest.mark.parametrize(
    "text", ["Chloë Œuvré", "Ελλάδα", "Привет", "שלום", "مرحبا", "नमस्ते", "1\u00a0×\u00a010⁻⁶ “a” → –"]
)
def test_what_fonts_can_draw_stays(text: str) -> None:
    assert drawable(text) == text


@given(st.text(max_size=12))
@settings(max_examples=25, deadline=None)
def test_every_name_can_be_set(name: str) -> None:
    assert draws(drawable(visible(name)))


def test_a_document_that_cannot_be_set_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earmark.cases.report.paper.drawable_all", lambda given: given)
    with pytest.raises(CaseError, match="cannot be set"):
        paper(story_of(NAMED, title="日本語"))


def decoded(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4,6})", lambda found: chr(int(found[1], 16)), text)


def read(paper_of: Story, folder: Path) -> list[str]:
    """Return what a reader copies from the PDF, page by page."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed")
    (folder / "report.pdf").write_bytes(paper(paper_of))
    done = subprocess.run([program, "-bbox", folder / "report.pdf", "-"], capture_output=True, check=True)
    return done.stdout.decode().split("<page ")[1:]


def words_of(one: str) -> list[tuple[float, float, str]]:
    """Return where each word of a page begins and ends, from left to right, and the word."""
    found = re.findall(r'<word xMin="([-\d.]+)" .*?xMax="([-\d.]+)".*?>(.*?)</word>', one)
    return [(float(left), float(right), word) for left, right, word in found]


def test_hashes_and_keys_can_be_copied(tmp_path: Path) -> None:
    story = story_of(NAMED, public_key="0123456789abcdef" * 4)
    words = [word for one in read(story, tmp_path) for _, _, word in words_of(one)]
    assert "0123456789abcdef" * 4 in words
    assert NAMED.evidence().exhibit.sha256 in words
    assert not any("\u200b" in word for word in words)


@pytest.mark.parametrize("letter", ["W", "x", "日", "-"])
def test_long_names_stay_on_the_page(tmp_path: Path, letter: str) -> None:
    story = story_of(NAMED, title=letter * 200, names={"listener00": letter * 500})
    pages = read(story, tmp_path)
    assert len(pages) < 12
    for one in pages:
        width = float(re.findall(r'width="([\d.]+)"', one)[0])
        assert all(left > 0 and right < width - 50 for left, right, word in words_of(one) if word), words_of(one)
    for svg in (figure.svg for figure in story.figures):
        assert all(len(label) < 60 for label in re.findall(r"<text[^>]*>(.*?)</text>", svg))


def test_a_row_says_what_each_of_its_cells_is() -> None:
    story = story_of(TWO)
    text = page(story).decode()
    for head, rows in ((story.stretches_head, story.stretches), (story.bounds_head, story.bounds)):
        assert rows
        for name in head:
            assert text.count(f'data-head="{name}"') == len(rows)


def test_how_often_a_statement_was_wrong_is_called_measured() -> None:
    story = story_of(NAMED)
    assert story.stretches_head[3] == "Share measured wrong"
    assert "no proven bound" in story.stretches_note
    assert story.stretches_note in page(story).decode()
    assert all(row[3].endswith("%") or row[3] == "not measured" for row in story.stretches)


@pytest.mark.parametrize(
    ("logarithm", "words"),
    [
        (0.0, "100\u00a0%"),
        (0.1, "100\u00a0%"),
        (log10(0.0074), "0.74\u00a0%"),
        (-9.0, "0.01\u00a0%"),
        (-2.0, "1\u00a0%"),
    ],
)
def test_shares(logarithm: float, words: str) -> None:
    assert share(logarithm) == words


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (1e-30, "was set to 10⁻³⁰. The ledger has"),
        (2e-16, "was set to 2.0\u00a0×\u00a010⁻¹⁶. The ledger has"),
        (1e-15, "was set to one in a thousand trillion (10⁻¹⁵). The ledger has"),
        (1e-6, "was set to one in a million (10⁻⁶). The ledger has"),
    ],
)
def test_the_chance_allowed_is_said_as_it_is(allowed: float, words: str) -> None:
    for leaked in (NAMED, NOBODY):
        evidence = leaked.evidence().model_copy(update={"family_wise": allowed})
        assert any(words in text for text in told(evidence, background(leaked)).answers[2].more)


def test_no_chance_is_said_that_ciphers_do_not_carry() -> None:
    sure = Leaked(segments=400)
    story = story_of(sure)
    assert sure.evidence().accusations[0].bound_log10 < -40
    assert story.bounds[0][2] == "10⁻³⁰"
    assert "is at most 10⁻³⁰, over all" in story.answers[2].more[0]
    assert "that the ciphers are sound" in story.answers[2].more[1]


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ((), "The ledger has no earlier trace of this file; whether"),
        ((1e-6,), "The ledger has 1 earlier trace of this file, 1 with 10⁻⁶ allowed; whether"),
        ((1e-6, 0.001, 1e-6), "has 3 earlier traces of this file, 2 with 10⁻⁶ and 1 with 10⁻³ allowed; whether"),
    ],
)
def test_what_was_done_with_the_exhibit_before_is_said(before: tuple[float, ...], words: str) -> None:
    for leaked in (NAMED, NOBODY):
        first, *_ = answers = story_of(leaked, traced_before=before).answers
        assert words in " ".join(answers[2].more)
        assert "in this trace" in answers[2].more[0]
        received = " ".join(first.more)
        assert "The ledger has had its hash since 23 November 2026, 09:20 UTC." in received
        assert "was traced on 23 November 2026, 09:30 UTC" in received
        assert "before anything else" not in received


def test_a_call_says_whose_words_they_are_and_whose_copy() -> None:
    story = story_of(CALLED, names={"sam": "Sam <b>", "listener00": "Chloë"})
    assert story.verdict == "The leak was made from what the call let Chloë (listener00) hear."
    text = page(story).decode()
    assert_harmless(text)
    assert "The words of Sam &lt;b&gt; (sam) and tia were recognised in it" in text
    assert "Chloë (listener00) was let into the call first on 23 November 2026" in text
    assert "whoever runs its server together with somebody who was in it" in text
    assert story.stretches[0][1] == "in the recording: Sam <b> (sam)"
    assert paper(story).startswith(b"%PDF-1.7")
    assert "the copy given to" not in text


def test_a_call_that_names_nobody_mentions_those_who_speak_alone() -> None:
    story = story_of(Leaked(leakers=0, of_call=True))
    assert story.verdict.startswith("The leak is from a marked call, but there is too little of it")
    for content in (page(story).decode(), json.dumps(inputs(story))):
        assert "listener0" not in content
        assert "sam" in content


@pytest.mark.parametrize("leakers", [1, 2])
def test_whose_own_words_are_in_a_leak_is_named_with_a_caution(leakers: int) -> None:
    leaked = Leaked(leakers=leakers, segments=300, of_call=True)
    evidence = leaked.evidence()
    assert evidence.recording is not None
    assert evidence.recording.call is not None
    first, *others = evidence.recording.call.streams
    spoken = first.model_copy(update={"speaker": "listener00"})
    call = evidence.recording.call.model_copy(update={"streams": (spoken, *others)})
    recording = evidence.recording.model_copy(update={"call": call})
    story = told(evidence.model_copy(update={"recording": recording}), background(leaked))
    assert len(evidence.accusations) == leakers
    assert story.verdict.endswith(" hear, or from an echo of it.")
    assert story.answers[1].more[0].startswith("Caution: listener00’s own words are in this leak as well")
    assert "that no microphone sent it as an echo" in story.answers[2].more[1]
    assert "own words" not in str(story_of(leaked).answers)
    assert paper(story).startswith(b"%PDF-1.7")


def test_that_others_are_not_told_is_said_and_nobody_is_hinted_at() -> None:
    leaked = Leaked(segments=300, of_call=True)
    plain, more = story_of(leaked), story_of(leaked, untold=True)
    assert UNTOLD in more.answers[1].more
    assert tuple(one for one in more.answers[1].more if one != UNTOLD) == plain.answers[1].more
    assert UNTOLD not in plain.answers[1].more


def test_a_call_that_goes_on() -> None:
    evidence = CALLED.evidence()
    assert evidence.recording is not None
    going_on = evidence.model_copy(update={"recording": evidence.recording.model_copy(update={"seconds": 0.0})})
    story = told(going_on, background(CALLED))
    assert "of the call “Briefing”, which had not ended." in story.answers[0].lead
    ElementTree.fromstring(story.figures[0].svg)  # noqa: S314 - our own


@pytest.mark.parametrize("speakers", [1, 2, 9])
def test_each_speaker_has_a_row(speakers: int) -> None:
    names = {f"s{number}": f"Speaker {number} with a long name" for number in range(speakers)}
    one_of_them = evidence_of(CALLED).stretches[0].model_copy(update={"state": "genuine"})
    stretches = [one_of_them.model_copy(update={"speaker": one}) for one in names]
    svg = pictures.time_line(stretches, 5.0, 9.0, names)
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    height = float(root.attrib["viewBox"].split()[3])
    boxes = [one for one in root.iter() if one.tag.endswith("rect")]
    assert len(boxes) == 3 * speakers
    assert all(float(one.attrib["y"]) + float(one.attrib["height"]) < height for one in boxes)
    assert len({one.attrib["y"] for one in boxes}) == 2 * speakers
    assert svg.count("with a long name") == 0
    assert svg.count("…") == 2 * speakers
