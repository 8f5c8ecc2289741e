"""What holds for all tests: a machine that is busy with something else is no reason to fail."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests import postgres

# The same examples at each run, so that what a run refuses is of the change that it is run for; others are drawn by
# --hypothesis-profile=default.
settings.register_profile("unhurried", deadline=None, derandomize=True, database=None)
settings.load_profile("unhurried")

WEB = Path(__file__).resolve().parents[1] / "web"


@pytest.fixture(scope="session")
def web() -> Path:
    """Where the page's sources are, with what they are built with installed."""
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine, so the page's own tests were not run (make browsers)")
    return packaged(WEB)


def packaged(folder: Path) -> Path:
    """Return a folder of JavaScript, with what it needs installed as its lock file says."""
    marker = folder / "node_modules" / ".package-lock.json"
    if not marker.exists() or marker.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """Give a PostgreSQL server for all tests together."""
    binaries = postgres.installed()
    if binaries is None:
        pytest.skip(postgres.MISSING)
    with postgres.cluster(binaries) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest) -> str | None:
    """Where the tables are: None for a file in the vault's folder, or else a database's address."""
    if request.param == "sqlite":
        return None
    server: postgres.Cluster = request.getfixturevalue("cluster")
    return server.fresh()
