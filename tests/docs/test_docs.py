"""What the documentation says is so: commands run, options and JSON are complete, links lead on."""

import json
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.docs.conftest import LEAKS, ROOT, Earmark, blocks
from tests.members import short_call
from typer.main import get_command

from earmark import __version__
from earmark.cli import shell
from earmark.cli.app import app

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
REFERENCE = ROOT / "docs/reference.md"


def commands(group: Any, before: str = "") -> dict[str, Any]:
    """Return all commands by their whole names, such as "trace" and "case new"."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if not hasattr(command, "commands") or command.invoke_without_command:
            found[f"{before}{name}"] = command
        if hasattr(command, "commands"):
            found |= commands(command, f"{before}{name} ")
    return found


COMMANDS = commands(get_command(app))
HEADING = r"### earmark ([a-z]+(?: [a-z]+)*)"
LARGEST_PICTURE = 200_000

named = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def typed(page: Path) -> list[tuple[str, list[str]]]:
    """Return the command lines of a page in order, each with the lines shown below it."""
    parts = [
        part.splitlines()
        for block in blocks(page, "console")
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    ]
    return [(lines[0], lines[1:]) for lines in parts]


def calls(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of every call of the command on a page, in console and shell blocks."""
    scripts = [line for line, _ in typed(page)]
    scripts += [line for block in blocks(page, "sh") for line in block.splitlines()]
    for script in scripts:
        lexer = shlex.shlex(script, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        while "earmark" in words:
            words = words[words.index("earmark") + 1 :]
            end = next((i for i, word in enumerate(words) if set(word) & set("|;&<>()")), len(words))
            yield words[:end]


@named
def test_every_call_is_one_the_command_takes(page: Path) -> None:
    for words in calls(page):
        length = next(length for length in (2, 1) if " ".join(words[:length]) in COMMANDS)
        name = " ".join(words[:length])
        assert COMMANDS[name].make_context(name, words[length:])


def test_leaks_made_for_practice_are_traced_in_a_vault_for_practice(earmark: Earmark, home: Path) -> None:
    """What a trace finds stays in the ledger, and it would be the name of somebody who has leaked nothing."""
    earmark(["init"])
    (home / "nobody.csv").write_text("id\nnobody-1\nnobody-2\n", "utf-8")
    (block,) = [one for one in blocks(ROOT / "docs/how-to.md", "console") if "trace tried.ogg" in one]
    for line in block.splitlines():
        arguments = shlex.split(line)[2:]
        assert earmark(arguments).status in ({0, 3, 4} if arguments[0] == "trace" else {0}), line
    assert "trace-run" not in earmark(["ledger", "show"]).out
    assert "trace-run" in earmark(["ledger", "show", "--vault", "practice"]).out
    tutorial = (ROOT / "docs/tutorial.md").read_text("utf-8")
    assert tutorial.index('export EARMARK_VAULT="$PWD/practice"') < tutorial.index("$ earmark init\n")


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_commands_do_what_is_shown(name: str, earmark: Earmark) -> None:
    lines = typed(ROOT / name)
    followers = [*lines[1:], ("", [])]
    ran = 0
    for (line, shown), (next_line, next_shown) in zip(lines, followers, strict=True):
        program, *arguments = shlex.split(line)
        if program == "earmark":
            answer = earmark(arguments)
            assert answer.status == (int(next_shown[0]) if next_line == "echo $?" else 0), line
            assert_alike(shown, answer.out.splitlines())
            ran += 1
    assert ran >= 5


def assert_alike(shown: list[str], printed: list[str]) -> None:
    """Check that lines start alike, digits and ids aside; a shown “…” stands for all that follows."""
    if shown[-1:] == ["…"]:
        shown = shown[:-1]
        printed = printed[: len(shown)]
    assert [beginning(line) for line in shown if line] == [beginning(line) for line in printed if line]


def beginning(line: str) -> str:
    first = (line.split() or [""])[0]
    return re.sub(r"\d+", "0", re.sub(r"^r-\w{8}$", "r-", first))


def test_python_runs(earmark: Earmark, home: Path) -> None:
    earmark(["init"])
    earmark(["mark", "briefing.m4a", "--to", "staff.csv", "--out", "copies"])
    earmark(["trace", next(iter(LEAKS))])
    programs = [block for page in PAGES for block in blocks(page, "python")]
    assert programs
    for program in programs:
        (home / "program.py").write_text(program, "utf-8")
        runpy.run_path(str(home / "program.py"))


def test_json_has_the_shape_that_the_reference_shows(earmark: Earmark) -> None:
    printed = [json.loads(earmark(["init", "--json"]).out)]
    with shell.opened(shell.settings()) as vault:
        short_call(vault)
    ways = (
        "mark briefing.m4a --to staff.csv --out copies --only anna,chloe",
        "copy briefing chloe --from briefing.m4a --out again",
        "trace leaked.ogg",
        "verify leaked.ogg",
        "inspect briefing.m4a",
        "recordings",
        "listeners briefing",
        "attack briefing.m4a --with room:0.4,opus:16k -o tried.ogg",
        "attack --list",
        "backup vault.backup",
        "restore vault.backup --vault restored",
        "keys list",
        "keys officers vera ben --out officers",
        "ledger verify",
        "ledger show --kind vault-made",
        "ledger export ledger.jsonl",
        "calls",
        "calls show Board",
        "exposure chloe --until 2100-01-01 --leak leaked.ogg",
        "case new leaked.ogg --out case",
        "case list",
        "case show c-",
        "case check case",
        "recordings --vault nowhere",
    )
    printed += [json.loads(earmark([*way.split(), "--json"]).out) for way in ways]
    printed.append(served())
    shown = {facts["schema"]: facts for facts in map(json.loads, blocks(REFERENCE, "json"))}
    assert shown.keys() == {facts["schema"] for facts in printed}
    for facts in printed:
        assert fits(shown[facts["schema"]], facts), facts["schema"]


def served() -> dict[str, Any]:
    """Return what the server prints when it is ready; then end it."""
    command = [sys.executable, "-m", "earmark", "serve", "--port", "0", "--media-address", "127.0.0.1", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        lines = list(iter(server.stdout.readline, "}\n"))
        server.terminate()
    assert server.returncode == 0
    facts = json.loads("".join([*lines, "}"]))
    assert isinstance(facts, dict)
    return facts


def fits(shown: Any, printed: Any) -> bool:
    """Tell whether two values are of one shape: same keys in the same order, and types; null stands for anything."""
    if shown is None or printed is None:
        return True
    if isinstance(shown, dict) and isinstance(printed, dict):
        return list(shown) == list(printed) and all(fits(shown[key], printed[key]) for key in shown)
    if isinstance(shown, list) and isinstance(printed, list):
        return all(fits(shown[0], one) for one in printed) if shown else not printed
    return kind(shown) == kind(printed)


def kind(value: object) -> str:
    return "number" if isinstance(value, float) else type(value).__name__.replace("int", "number")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_has_all_options(name: str) -> None:
    sections = re.split(rf"^{HEADING}.*$", REFERENCE.read_text("utf-8"), flags=re.MULTILINE)
    section = dict(zip(sections[1::2], sections[2::2], strict=True))[name]
    listed = re.findall(r"^\| `(--[\w-]+)", section, re.MULTILINE)
    taken = [flag for option in COMMANDS[name].params for flag in option.opts if flag.startswith("--")]
    hidden = {flag for option in COMMANDS[name].params if getattr(option, "hidden", False) for flag in option.opts}
    assert sorted(listed) == sorted(set(taken) - hidden - {"--help"})


def test_the_reference_has_all_commands() -> None:
    assert re.findall(f"^{HEADING}", REFERENCE.read_text("utf-8"), re.MULTILINE) == list(COMMANDS)


@named
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("https://"):
            name, _, anchor = target.partition("#")
            goal = page.parent / name if name else page
            assert goal.exists(), target
            assert not anchor or anchor in anchors(goal), target


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@named
def test_tests_that_are_named_are_there(page: Path) -> None:
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text("utf-8")):
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), f"{file}::{test}"


@named
def test_tests_of_the_page_that_are_named_are_there(page: Path) -> None:
    for file, test in re.findall(r"`(web/tests/[\w/]+\.test\.ts)::([^`]+)`", page.read_text("utf-8")):
        assert f'("{test}"' in (ROOT / file).read_text("utf-8"), f"{file}::{test}"


@named
def test_files_that_are_named_are_there(page: Path) -> None:
    for file in re.findall(r"`((?:src|docs|tests|bench)/[\w/.]*)`", page.read_text("utf-8")):
        assert (ROOT / file).exists(), file


def test_pictures_are_small() -> None:
    pictures = list(ROOT.glob("docs/images/*"))
    assert pictures
    assert all(picture.stat().st_size < LARGEST_PICTURE for picture in pictures)


def test_the_version_is_that_of_the_newest_changes() -> None:
    """What is written of former versions, such as that they have no ledger, is not so of this one."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest, *_ = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert stated == __version__ == newest


def test_the_readme_has_a_place_for_the_bench() -> None:
    assert re.search(
        r"^<!-- bench -->\n.*\|.*^<!-- /bench -->$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
