"""A PostgreSQL server for tests, of the binaries that are installed: it listens on a socket in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
MISSING = "PostgreSQL is not installed, so vaults in it were not tested (make browsers)"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_parallel_workers_per_gather": "0",
    "autovacuum": "off",
}
PATIENCE_S = 120


def installed() -> Path | None:
    """Return where the newest server's binaries are; None if there are none."""
    found = [path for path in BINARIES if (path / "initdb").exists() and (path / "postgres").exists()]
    return found[-1] if found else None


@dataclass(frozen=True)
class Cluster:
    """A server that runs.

    Attributes:
        folder: where its data and its socket are.
        binaries: where its programs are.
    """

    folder: Path
    binaries: Path
    _numbers: Iterator[int]

    def url(self, database: str = "postgres", **settings: str) -> str:
        """Return the address of a database."""
        query = {"host": str(self.folder), "user": "earmark"} | settings
        return f"postgresql:///{database}?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())

    def run(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, each in a transaction of its own; return the rows of the last one."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def fresh(self) -> str:
        """Return the address of a new schema, which is as good as a database and much sooner made."""
        name = f"vault_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        return self.url(options=f"-csearch_path={name}")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        options = " ".join([f"-k{self.folder}", *settings])
        log = self.folder / "log"
        self._control("start", "-w", f"-t{PATIENCE_S}", f"-l{log}", f"-o{options}")

    def stop(self, how: str = "fast") -> None:
        """Stop the server; "immediate" is what a crash is like."""
        self._control("stop", "-w", f"-t{PATIENCE_S}", f"-m{how}")

    def _control(self, *arguments: str) -> None:
        as_user(self.binaries / "pg_ctl", f"-D{self.folder / 'data'}", "-s", *arguments)


def as_user(program: Path, *arguments: str) -> None:
    """Run a program of the server's, which refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    done = subprocess.run(
        [program, *arguments],
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """Give a new server that is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="earmark-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(folder, binaries, count())
    try:
        as_user(
            binaries / "initdb",
            f"-D{folder / 'data'}",
            "-Uearmark",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder)
