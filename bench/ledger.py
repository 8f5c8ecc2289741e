"""How long a ledger of a million entries takes: to be verified, and to prove that an entry is in it.

``python -m bench ledger``, or ``python -m bench.ledger [--entries N]`` for another size.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.tables import table
from earmark.records.checking import check
from earmark.records.database.base import Database
from earmark.records.database.place import FILE_NAME, place_of
from earmark.records.ledger import acts
from earmark.records.ledger.log import Ledger, append
from earmark.records.vault import Vault

ENTRIES = 1_000_000
BATCH = 10_000
PROOFS = 200


ABOUT = (
    "In SQLite: entries are appended, ten thousand in a transaction; `earmark ledger verify` computes all anew;\n"
    "and random entries are proved to be in it."
)
HEAD = ("", "measured", "goal")

Row = tuple[str, str, str]


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    print(table(HEAD, rows(parser.parse_args().entries)))
    return 0


def rows(entries: int = ENTRIES) -> Iterator[Row]:
    """Fill a ledger in a temporary folder, verify it, and prove from it; yield a row for each figure."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "vault"
        with Vault.init(folder) as vault:
            key = vault.safe.open().signing_key
        with closing(place_of(folder).open()) as database:
            yield "entries", f"{entries:,}", ""
            yield "appending, each", f"{1e6 * filling(database, entries, key) / entries:.0f} µs", ""
            started, used = time.perf_counter(), time.process_time()
            checked = check(database)
            took, used = time.perf_counter() - started, time.process_time() - used
            yield "verifying all", f"{took:.1f} s ({used:.1f} s of CPU)", "≤ 60 s"
            yield "entries found wrong", str(sum(one.entry is not None for one in checked.findings)), "0"
            yield "proving inclusion", f"{proving(Ledger(database), checked.size):.2f} ms", "≤ 10 ms"
            yield "on disk", f"{(folder / FILE_NAME).stat().st_size / entries:.0f} bytes an entry", ""


def filling(database: Database, entries: int, key: Ed25519PrivateKey) -> float:
    """Append entries until there are so many; return the seconds it took."""
    started = time.perf_counter()
    for first in range(1, entries, BATCH):
        numbers = range(first, min(first + BATCH, entries))
        with database.writing() as connection:
            append(connection, [given(n) for n in numbers], datetime.now(UTC), key)
    return time.perf_counter() - started


def given(number: int) -> acts.Act:
    """Return an act such as most are."""
    return acts.exhibit_received(f"{number:064x}", number)


def proving(ledger: Ledger, size: int) -> float:
    """Return how many milliseconds a proof takes, in the mean over random entries."""
    chosen = [random.randrange(size) for _ in range(PROOFS)]
    started = time.perf_counter()
    head = ledger.head()
    proofs = [ledger.inclusion(one) for one in chosen]
    took = time.perf_counter() - started
    for one, proof in zip(chosen, proofs, strict=True):
        proof.verify(ledger.entry(one).leaf, head.root)
    return took / PROOFS * 1000


if __name__ == "__main__":
    sys.exit(main())
