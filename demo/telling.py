"""How the demos show what they do: sentences, and commands with what they print."""

import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("earmark")
VERDICTS = {0, 3, 4}


def tell(text: str) -> None:
    """Print what is going on."""
    print(f"\n{text}\n", flush=True)


def ran(*arguments: str) -> str:
    """Run the command as a user would, show it, and return what it printed; end the demo where it fails."""
    line = f"$ earmark {' '.join(arguments)}"
    print(f"\033[1m{line}\033[0m" if sys.stdout.isatty() else line)
    done = subprocess.run([COMMAND, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    print("".join(f"  {line}".rstrip() + "\n" for line in done.stdout.splitlines()), flush=True)
    if done.returncode not in VERDICTS:
        raise SystemExit(done.returncode)
    return done.stdout
