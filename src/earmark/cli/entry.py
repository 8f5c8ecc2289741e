"""From the arguments to an exit status: whatever happens, one line says it and nothing is left in pieces."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from types import FrameType

from typer.exceptions import TyperException
from typer.main import get_command

from earmark.cli.app import app
from earmark.cli.output import print_error
from earmark.errors import EarmarkError, UsageError, what_helps

FAILED, USAGE, INTERRUPTED = 1, 2, 130
MAY_BE_EMPTY = frozenset({"--classification", "--only", "--with"})
"""Options that take words, and none at all."""


def main() -> None:
    """Run the command line and end the process."""
    received = ending_cleanly()
    status = run(sys.argv[1:])
    sys.exit(128 + received[-1] if status == INTERRUPTED else status)


def ending_cleanly() -> list[signal.Signals]:
    """Let a request to end, or a closed terminal, do what Ctrl-C does; return the list of what has interrupted."""
    received = [signal.SIGINT]

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for one in asked:
            signal.signal(one, signal.SIG_IGN)  # often both come: the second is not to interrupt the cleaning up
        received.append(signal.Signals(number))
        raise KeyboardInterrupt

    asked = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) == signal.SIG_DFL]  # not nohup's
    for one in asked:
        signal.signal(one, interrupt)
    return received


def run(arguments: Sequence[str]) -> int:
    """Run the command line ``arguments`` and return the exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name may have letters the terminal lacks
    try:
        return guarded(arguments)
    except BrokenPipeError:  # whoever read the output has seen enough
        drop_output()
    except OSError as error:  # neither the result nor the error could be printed there
        drop_output()
        print_error(f"standard output cannot be written: {error.strerror}", what_helps(error), as_json=False)
    return FAILED


def drop_output() -> None:
    """Let what is still to be printed go nowhere, so that the end of the process does not stumble over it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guarded(arguments: Sequence[str]) -> int:
    """Run the command line, and turn what goes wrong into a message and an exit status."""
    as_json = "--json" in arguments
    try:
        require_something(arguments)
        status = get_command(app).main(list(arguments) or ["--help"], prog_name="earmark", standalone_mode=False)
        sys.stdout.flush()
    except EarmarkError as error:
        print_error(str(error), error.hint, as_json=as_json)
        return error.exit_status
    except TyperException as error:
        print_error(*explained(error), as_json=as_json)
        return USAGE
    except BrokenPipeError:
        raise
    except OSError as error:
        print_error(str(error), what_helps(error), as_json=as_json)
        return FAILED
    except MemoryError:
        print_error("there is not enough memory", "Close other programs, or use a larger machine.", as_json=as_json)
        return FAILED
    except KeyboardInterrupt:
        status = INTERRUPTED
    if status == INTERRUPTED:
        print_error("interrupted", "Nothing is broken; the same command goes on with it.", as_json=as_json)
    return int(status or 0)


def require_something(arguments: Sequence[str]) -> None:
    """Raise a UsageError where an argument is empty, as unset variables of scripts are: as a path it would be here."""
    for before, one in pairwise(("", *arguments)):
        option, given, value = one.partition("=") if one.startswith("--") else (before, "=", one)
        if given and not value and option not in MAY_BE_EMPTY:
            raise UsageError(
                f"nothing is given for {option}" if option.startswith("-") else "an argument is empty",
                "Is a variable not set? Leave the option out if nothing is meant.",
            )


def explained(error: TyperException) -> tuple[str, str]:
    """Return a usage error in the words of all others, and the hint where to read on."""
    text = getattr(error, "format_message", error.__str__)().rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "earmark"
    return text[:1].lower() + text[1:], f"“{command} --help” tells what it takes."
