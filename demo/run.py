"""The demo: a briefing is marked for a dozen listeners, one of them leaks it, and is named.

``make demo``, or ``make demo AUDIO=path`` with a recording of one's own. Everything happens in a temporary folder.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.attacks import Attack
from bench.corpus import available, path_of
from demo.telling import COMMAND, ran, tell
from earmark.media.reading import read_resampled

SPEECH = "speech/librispeech-clean100_panelopen2-10spk_en"
NO_VOICE = "earmark: error: there is no recording to mark here; pass one: make demo AUDIO=path/to/any"
STAFF = ("anna", "ben", "chloe", "dmitri", "elif", "farid", "greta", "hugo", "ines", "jonas", "kavya", "lars")
LEAK_S = 20.0
LEAK_RATE = 48_000
LEAK_KIND = "opus:16k"


def main() -> int:
    """Run the demo; the exit status says whether the right copy was named."""
    with tempfile.TemporaryDirectory(prefix="earmark-demo-") as folder:
        asked = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None
        os.environ["EARMARK_VAULT"] = str(Path(folder, "vault"))
        os.environ["EARMARK_VAULT_KEY_FILE"] = str(Path(folder, "vault.key"))  # so that nobody is asked
        os.chdir(folder)
        return shown(asked)


def shown(asked: Path | None) -> int:
    """Show all of it, in the current folder."""
    source = chosen(asked)
    if source is None:
        sys.stderr.write(f"{NO_VOICE}\n")
        return 1
    tell(f"A confidential recording, {source.name}, is to go to twelve people. First, a vault for keys and records:")
    ran("init")
    tell("Is there enough speech in it to be worth marking?")
    ran("inspect", str(source), "--listeners", str(len(STAFF)))
    tell("Every listener gets a copy that sounds the same, and is not:")
    write_list(Path("staff.csv"))
    ran("mark", str(source), "--to", "staff.csv", "--out", "copies", "--title", "Briefing")
    ran("listeners", "Briefing")
    leaker = random.choice(STAFF)
    leak = leaked(next(Path("copies").glob(f"{leaker}.*")))
    tell(f"Some days later this turns up on the web, {leak.stat().st_size // 1000} kB in all. Whose copy was it?")
    ran("trace", leak.name)
    return judged(leak, leaker)


def chosen(asked: Path | None) -> Path | None:
    """Return the recording to mark: the one asked for, real speech if it is at hand, or else a machine's voice."""
    if asked is not None:
        return asked
    if available():
        return path_of(SPEECH)
    try:
        from demo.voice import speak  # noqa: PLC0415 - not on every platform

        speak(Path("briefing.wav"))
    except (ImportError, OSError):
        return None
    return Path("briefing.wav")


def write_list(path: Path) -> None:
    """Write the list of listeners."""
    path.write_text("id,name\n" + "".join(f"{one},{one.title()}\n" for one in STAFF))


def leaked(copy: Path) -> Path:
    """Cut some seconds out of a copy, somewhere, and encode them at a low rate."""
    sound = np.concatenate(list(read_resampled(copy, LEAK_RATE)), axis=1).mean(axis=0)
    length = min(len(sound), int(LEAK_S * LEAK_RATE))
    start = random.randrange(len(sound) - length + 1)
    leak = Attack(LEAK_KIND).write(sound[start : start + length], LEAK_RATE, Path("leaked"), seed=0)
    tell(
        f"One of them cuts {length / LEAK_RATE:.0f} seconds out of theirs, from second {start / LEAK_RATE:.1f} on, "
        "and sends them to a friend as Opus at 16 kb/s, a quarter of what music takes."
    )
    return leak


def judged(leak: Path, leaker: str) -> int:
    """Tell whether the verdict was right."""
    answer = subprocess.run([COMMAND, "trace", leak, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    named = [one["listener"] for one in json.loads(answer.stdout)["named"]]
    if named == [leaker]:
        tell(f"It was {leaker}'s copy indeed. The demo's vault and copies are gone again.")
    else:
        tell(f"It was {leaker}'s copy, which this leak {'does not' if named else 'was not enough to'} show.")
    return int(named != [leaker])


if __name__ == "__main__":
    sys.exit(main())
