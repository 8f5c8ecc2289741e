"""The page, in its own language: its tests, its types, and that what is served is what its sources build."""

import subprocess
from pathlib import Path

import earmark.server

BUILT = Path(earmark.server.__file__).with_name("page")


def npm(web: Path, *arguments: str) -> None:
    done = subprocess.run(["npm", *arguments], cwd=web, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_its_own_tests_pass(web: Path) -> None:
    npm(web, "test")


def test_types_and_style_are_in_order(web: Path) -> None:
    npm(web, "run", "check")


def test_what_is_served_is_what_its_sources_build(web: Path, tmp_path: Path) -> None:
    npm(web, "run", "build", "--", "--outDir", str(tmp_path / "page"))
    built, served = contents(tmp_path / "page"), contents(BUILT)
    assert built.keys() == served.keys()
    assert [name for name in built if built[name] != served[name]] == []


def test_nothing_of_it_comes_from_elsewhere() -> None:
    page = (BUILT / "index.html").read_text()
    assert "http:" not in page
    assert "https:" not in page
    assert "<script>" not in page
    assert "style=" not in page
