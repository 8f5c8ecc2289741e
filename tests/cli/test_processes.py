"""The command as a process: started, interrupted, killed, two at once, on a full disk, into a closed pipe."""

import contextlib
import hashlib
import io
import json
import os
import random
import resource
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.api.voices import speech, write_wav

from earmark.cli.entry import run

COMMAND = (sys.executable, "-m", "earmark")
MANY = 30


def started(*arguments: str, limit: int | None = None) -> "subprocess.Popen[bytes]":
    """Start the command; ``limit`` is the longest file it may write, in bytes."""

    def before() -> None:
        for number in (signal.SIGINT, signal.SIGHUP):  # ignored where the tests run in the background, and inherited
            signal.signal(number, signal.SIG_DFL)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=before,  # noqa: PLW1509 - limit and signals are the child's alone
    )


def done(*arguments: str, limit: int | None = None) -> tuple[int, bytes, bytes]:
    process = started(*arguments, limit=limit)
    out, err = process.communicate(timeout=120)
    assert b"Traceback" not in err
    return process.returncode, out, err


def quietly(*arguments: str) -> str:
    """Run the command in this process, which is faster; return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run(arguments) == 0
    return out.getvalue()


def mark(*more: str) -> tuple[str, ...]:
    return ("mark", "briefing.wav", "--to", "many.csv", "--out", "copies", *more)


@pytest.fixture
def many(home: Path) -> Path:
    """The home with a vault and a longer list."""
    (home / "many.csv").write_text("id\n" + "".join(f"l{number:03}\n" for number in range(MANY)))
    quietly("init")
    return home


def recorded() -> set[tuple[str, str]]:
    with closing(sqlite3.connect("vault/vault.sqlite")) as connection:
        return set(connection.execute("SELECT path, sha256 FROM copies"))


def agree() -> int:
    """Check that every copy in its place is on record, as it is; return how many there are."""
    known = recorded()
    there = [path for path in Path("copies").glob("*") if not path.name.startswith(".earmark-")]
    for path in there:
        assert (str(path.absolute()), hashlib.sha256(path.read_bytes()).hexdigest()) in known
    return len(there)


def test_help_is_there_at_once(home: Path) -> None:
    """Nothing heavy is imported for it."""
    code = "import sys, earmark.cli.entry as m; m.run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=home)
    for heavy in ("numpy", "scipy", "av", "sqlalchemy", "alembic", "pydantic", "rich", "soxr", "earmark.api"):
        assert f"'{heavy}'" not in told.stderr


def test_killed_at_random_moments(many: Path) -> None:
    """Invariant: whenever the process is killed, copies are on record; the next run takes up where it ended."""
    chance = random.Random(5)
    counts = [0]
    for _ in range(4):
        process = started(*mark())
        deadline = time.monotonic() + 20
        target = counts[-1] + chance.randrange(MANY // 6)
        while process.poll() is None and len(list(many.glob("copies/*.wav"))) <= target and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.02)
        process.kill()
        process.communicate()
        counts.append(agree())
        assert counts[-1] >= counts[-2]
    assert counts[-1] > 0
    told = json.loads(quietly(*mark("--json")))
    assert agree() == MANY
    assert not list(many.glob("copies/.earmark-*"))
    assert not list(many.glob("vault/work/*"))
    recordings = json.loads(quietly("recordings", "--json"))["recordings"]
    assert [facts["status"] for facts in recordings] == ["complete"]
    assert recordings[0]["id"] == told["recording"]["id"]


def test_killed_before_the_first_copy(many: Path) -> None:
    chance = random.Random(6)
    for _ in range(2):
        process = started(*mark("--seal"))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5 + chance.random())
        process.kill()
        process.communicate()
        agree()
    quietly(*mark("--seal"))
    assert agree() == MANY
    assert not list(many.glob("vault/work/*"))
    assert len(list(many.glob("vault/sealed/*"))) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted(many: Path, number: signal.Signals) -> None:
    process = started(*mark())
    while process.poll() is None and not list(many.glob("copies/*.wav")):
        time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err.decode().splitlines() == [
        "earmark: error: interrupted",
        "earmark: hint: Nothing is broken; the same command goes on with it.",
    ]
    agree()
    assert not list(many.glob("copies/.earmark-*"))
    assert not list(many.glob("vault/work/*"))
    quietly(*mark())
    assert agree() == MANY


def test_hangups_that_are_ignored_stay_so(many: Path) -> None:
    process = subprocess.Popen(["nohup", *COMMAND, *mark()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(many.glob("copies/*.wav")):
        time.sleep(0.005)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 0
    assert agree() == MANY


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        pytest.param(10_000, b"vault.sqlite cannot be used", id="vault"),
        pytest.param(400_000, b"pieces cannot be written", id="variants"),
        pytest.param(1_280_020, b"l000.wav cannot be written", id="copy"),  # samples fit, a header does not
    ],
)
def test_a_full_disk(many: Path, limit: int, words: bytes) -> None:
    write_wav(Path("briefing.wav"), speech(40, seed=2))
    status, out, err = done(*mark(), limit=limit)
    assert (status, out) == (1, b"")
    assert err.startswith(b"earmark: error: ")
    assert words in err
    agree()
    assert not list(many.glob("vault/work/*"))
    quietly(*mark())
    assert agree() == MANY


@pytest.mark.usefixtures("many")
def test_two_processes_mark_one_recording() -> None:
    """One of them goes ahead; the other says so, or comes late and has nothing left to do."""
    both = [started(*mark()) for _ in range(2)]
    answers = [(process.communicate(timeout=120)[1], process.returncode) for process in both]
    assert 0 in [status for _, status in answers]
    for err, status in answers:
        assert status == 0 or b"another run is at work" in err
    assert agree() == MANY
    assert len(json.loads(quietly("recordings", "--json"))["recordings"]) == 1


def test_two_processes_use_one_vault(many: Path) -> None:
    write_wav(Path("other.wav"), speech(25, seed=11))
    other = ("mark", "other.wav", "--to", "many.csv", "--out", "others")
    both = [started(*mark()), started(*other)]
    assert [process.wait(120) for process in both] == [0, 0]
    for process in both:
        process.communicate()
    assert agree() == MANY
    assert len(list(many.glob("others/*.wav"))) == MANY


@pytest.mark.usefixtures("many")
def test_a_closed_pipe() -> None:
    process = started("recordings", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 1


def test_a_list_from_a_pipe(many: Path) -> None:
    process = subprocess.run(
        [*COMMAND, "mark", "briefing.wav", "--to", "-", "--out", "copies"], input=b"id\nanna\n", check=False
    )
    assert process.returncode == 0
    assert [path.name for path in many.glob("copies/*")] == ["anna.wav"]


def test_a_terminal_without_unicode(many: Path) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    (many / "many.csv").write_text("id\njürgen\n")
    process = subprocess.run([*COMMAND, *mark()], capture_output=True, env=environment, check=False)
    assert process.returncode == 0
    assert process.stdout.isascii()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [["case", "check", "nowhere", "--json"], ["attack", "--list", "--json"]])
def test_output_that_cannot_be_written_is_an_error_in_words(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "earmark", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "earmark: error: standard output cannot be written: No space left" in done.stderr


@pytest.mark.parametrize("arguments", [["case", "check", "nowhere", "--json"], ["attack", "--list", "--json"]])
def test_without_any_output_there_is_no_traceback(arguments: list[str], tmp_path: Path) -> None:
    command = shlex.join([sys.executable, "-m", "earmark", *arguments])
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {command} >&-"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert "Traceback" not in done.stderr
